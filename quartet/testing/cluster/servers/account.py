"""What a cluster needs of an account of Cosmos DB in memory, which has the rules of the service.

`quartet_emulators.cosmos.in_process.InProcessAccount` has them. The library does not depend on the emulators, so a test
hands them in.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol, TypeAlias

Document: TypeAlias = dict[str, Any]


class AccountContainer(Protocol):
    """One container. Every change has a version, and what is read can be read as it was at an earlier one."""

    @property
    def partition_key(self) -> str:
        """The name of the field with the partition key."""
        ...

    @property
    def version(self) -> int:
        """The version of the last change; 0 if there was none."""
        ...

    def documents(self) -> list[Document]:
        """Every document."""
        ...

    def run(self, key: str, operations: Sequence[Document]) -> tuple[list[Document], list[Document] | None]:
        """Run a transactional batch, given as it goes over the wire.

        Returns:
            The result of each operation, without its document; and the documents that were written, or None if an
            operation was refused and so all of them.
        """
        ...

    def write(self, key: str, operation: Document) -> Document:
        """Run one operation, and return the document that it leaves; an empty one if that is none."""
        ...

    def read(self, key: str, item_id: str, version: int) -> Document:
        """One document; refused with status 404 if there is none."""
        ...

    def find(self, items: Iterable[tuple[str, str]], version: int) -> list[Document]:
        """Those that exist of some documents, each named by its id and its partition key."""
        ...

    def query(
        self,
        text: str,
        parameters: Sequence[Mapping[str, Any]],
        *,
        key: str | None,
        page: int,
        token: str | None,
        version: int,
    ) -> tuple[list[Document], str | None]:
        """One page of a query: its rows, and the token of the next page if there is one."""
        ...


class Account(Protocol):
    """The databases of all participants. A request that it refuses raises an error of its own."""

    def create_container(self, database: str, name: str, partition_key: str) -> AccountContainer:
        """A new container with this path as its partition key."""
        ...

    def refusal_of(self, error: Exception) -> tuple[int, str] | None:
        """The status and the message of a request that was refused; None if the error is something else."""
        ...


MakeAccount: TypeAlias = Callable[[Callable[[], float]], Account]
"""Makes an empty account. Its clock gives the time in seconds since 1970."""
