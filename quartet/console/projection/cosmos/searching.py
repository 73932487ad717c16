"""Searching: one query, in the order of the answer."""

from dataclasses import dataclass, field
from typing import Any, Final

from azure.cosmos.aio import ContainerProxy

from quartet.azure.cosmos.client import in_time
from quartet.console.projection.coding import summary_from
from quartet.console.projection.cosmos.documents import SAGA
from quartet.console.projection.port import Page
from quartet.console.projection.query import Query

_PHASES: Final = frozenset({"open", "compensating", "ended", "failed"})
_LONGEST_TIME: Final = 16  # digits of ms


@dataclass(slots=True)
class Where:
    """Conditions of a query, and the values in them."""

    conditions: list[str] = field(default_factory=list)
    parameters: list[dict[str, Any]] = field(default_factory=list)

    def value(self, value: object) -> str:
        """The name of a parameter with this value."""
        name = f"@p{len(self.parameters)}"
        self.parameters.append({"name": name, "value": value})
        return name


def conditions(generation: int, query: Query, *, stuck_before: int, cursor: str | None) -> Where:
    """What must be true of a saga's document.

    Raises:
        ValueError: the cursor is none.
    """
    where = Where()
    where.conditions += [f"c.kind = {where.value(SAGA)}", f"c.generation = {where.value(generation)}"]
    for word in query.words:
        # Each entry of an array is in the index, so the beginning of one is found there.
        name, begin = ("words", word.value) if word.field is None else ("terms", f"{word.field}:{word.value}")
        begins = f"STARTSWITH(t, {where.value(begin)})"
        where.conditions.append(f"EXISTS(SELECT VALUE t FROM t IN c.{name} WHERE {begins})")  # noqa: S608 -- constants
    for status in query.statuses:
        if status == "stuck":
            where.conditions.append(f"c.waits < {where.value(stuck_before)}")
        else:
            where.conditions.append(f"c.{'phase' if status in _PHASES else 'status'} = {where.value(status)}")
    if query.after is not None:
        where.conditions.append(f"c.opened >= {where.value(query.after)}")
    if query.before is not None:
        where.conditions.append(f"c.opened < {where.value(query.before)}")
    if cursor is not None:
        opened, _, saga = cursor.partition(".")
        if not (opened.isascii() and opened.isdigit() and len(opened) < _LONGEST_TIME and saga):
            raise ValueError("cursor: is none of this search")
        at = where.value(int(opened))
        where.conditions.append(f"(c.opened < {at} OR (c.opened = {at} AND c.saga < {where.value(saga)}))")
    return where


async def search(
    container: ContainerProxy, generation: int, query: Query, *, stuck_before: int, limit: int, cursor: str | None
) -> Page:
    """See `Projection.search`."""
    where = conditions(generation, query, stuck_before=stuck_before, cursor=cursor)
    rows = container.query_items(
        f"SELECT c.saga, c.opened, c.summary FROM c WHERE {' AND '.join(where.conditions)} "  # noqa: S608 -- values are parameters
        f"ORDER BY c.opened DESC, c.saga DESC OFFSET 0 LIMIT {int(limit) + 1}",
        parameters=where.parameters,
        max_item_count=limit + 1,
    )
    async with in_time():
        found = [row async for row in rows]
    following = f"{found[limit - 1]['opened']}.{found[limit - 1]['saga']}" if len(found) > limit else None
    return Page([summary_from(row["saga"], row["summary"]) for row in found[:limit]], following)


async def count_stuck(container: ContainerProxy, generation: int, stuck_before: int) -> int:
    """How many sagas are open and have had no news since this time, in ms."""
    rows = container.query_items(
        "SELECT VALUE COUNT(1) FROM c WHERE c.kind = @kind AND c.generation = @generation AND c.waits < @before",
        parameters=[
            {"name": "@kind", "value": SAGA},
            {"name": "@generation", "value": generation},
            {"name": "@before", "value": stuck_before},
        ],
    )
    async with in_time():
        return sum([int(str(row)) async for row in rows])
