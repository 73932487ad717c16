"""Which items have a text at a path of their document: found by the text, not by looking into every item."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from quartet_emulators.cosmos.json_text import Json, decode_stored

if TYPE_CHECKING:
    from quartet_emulators.cosmos.container import Container, Item

_REBUILD_ABOVE: Final = 1024


class ValueIndex:
    """The items of one container by the text at one path.

    It is brought up to date when it is used, by what has changed since: a write costs nothing, and a query that is
    repeated costs what was written between, however many items there are.
    """

    def __init__(self, container: "Container", path: tuple[str, ...]) -> None:
        self._container = container
        self._path = path
        self._forget()

    def find(self, texts: Iterable[str], now: float) -> list["Item"]:
        """The living items with one of these texts, in the order of their creation."""
        self._catch_up()
        found = {number: item for text in texts for number, item in self._items.get(text, {}).items()}
        return [
            found[number]
            for number in sorted(found)
            if found[number].current and not self._container.is_expired(found[number], now)
        ]

    def __len__(self) -> int:
        """How many items it holds, with those that were deleted and are not yet forgotten."""
        return len(self._texts)

    def _forget(self) -> None:
        self._lsn = 0
        self._texts: dict[int, str] = {}
        self._items: dict[str, dict[int, Item]] = {}

    def _catch_up(self) -> None:
        # Items that were deleted stay here until they are too many.
        if len(self._texts) > 2 * len(self._container.by_number) + _REBUILD_ABOVE:
            self._forget()
        for item in self._container.versions(self._lsn):
            before = self._texts.pop(item.number, None)
            if before is not None:
                del self._items[before][item.number]
            text = self._text_in(item)
            if text is not None:
                self._texts[item.number] = text
                self._items.setdefault(text, {})[item.number] = item
        self._lsn = self._container.lsn

    def _text_in(self, item: "Item") -> str | None:
        found: Json = decode_stored(item.body)
        for name in self._path:
            found = found.get(name) if isinstance(found, dict) else None
        return found if isinstance(found, str) else None
