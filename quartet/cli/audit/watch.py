"""How an application is audited while it runs: a few sagas at a time, and now and then everything."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Protocol

from quartet.choreography import Choreography
from quartet.cli.audit.evidence import read_evidence
from quartet.cli.audit.finding import Finding
from quartet.cli.audit.judging import judge
from quartet.cli.audit.ledgers import GuardedLedger, opening_ledgers
from quartet.cli.audit.running import run_audit
from quartet.cli.reading.connection import Cosmos
from quartet.cli.reading.stored import Stored
from quartet.process.application import load

_SETTLE: Final = timedelta(seconds=2)


class Watch(Protocol):
    """The audit of an application that runs. Neither method waits for anything to settle, but for `everything`."""

    async def sagas(self, saga_ids: Collection[str]) -> Sequence[Finding]:
        """Judge these sagas by what is stored of them, and by their effects; the same rules in every call.

        There are some hundred at most. Ask for all of them together: one request for each saga would be too many.
        Raises as `everything` does.
        """
        ...

    async def everything(self) -> Sequence[Finding]:
        """Judge everything, by every rule. Only what lasts is a violation.

        Raises:
            MissingError: a database or container does not exist.
            ConfigurationError: a ledger cannot be looked at.
            OutageError: a server did not answer.
        """
        ...


@dataclass(frozen=True, slots=True)
class InvariantWatch:
    """The `Watch` of an application that declares its rules as `invariants`."""

    cosmos: Cosmos
    app: Choreography
    ledgers: Mapping[str, GuardedLedger]
    environment: Mapping[str, str] | None = None

    async def sagas(self, saga_ids: Collection[str]) -> Sequence[Finding]:
        """See `Watch.sagas`."""
        with await read_evidence(Stored(self.cosmos), self.app, self.ledgers, saga_ids) as evidence:
            return judge(self.app, evidence, saga_ids)

    async def everything(self) -> Sequence[Finding]:
        """See `Watch.everything`."""
        return await run_audit(self.cosmos, self.app, _SETTLE, self.environment)


def open_watch(cosmos: Cosmos, app: Choreography) -> AbstractAsyncContextManager[Watch]:
    """The audit of an application, as it declares it.

    Raises:
        ConfigurationError: its `watch` cannot be loaded, or a ledger cannot be opened.
        OutageError: a server did not answer.
    """
    if app.watch:
        opened: AbstractAsyncContextManager[Watch] = load(app.watch, "watch")(cosmos)
        return opened
    return watch_invariants(cosmos, app)


@asynccontextmanager
async def watch_invariants(
    cosmos: Cosmos, app: Choreography, environment: Mapping[str, str] | None = None
) -> AsyncIterator[InvariantWatch]:
    """The audit by `invariants`; the environment names the ports (this process's, if None). Raises as `open_watch`."""
    async with opening_ledgers(cosmos, environment) as opening:
        found = {service.participant.name: await opening.find(service) for service in app.services}
        ledgers = {name: ledger for name, ledger in found.items() if ledger is not None}
        yield InvariantWatch(cosmos, app, ledgers, environment)
