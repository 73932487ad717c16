"""What can be asked of a projection, for tests that compare two."""

from collections.abc import Mapping, Sequence

from quartet.console.projection.facts import Fact
from quartet.console.projection.port import Page, Projection, Step, Totals
from quartet.console.projection.query import Query, parse_query
from tests.console.stores.facts import MINUTE, NOW

LONG_AGO = 0


async def found(projection: Projection, text: str, **more: int) -> list[str]:
    page = await looked_up(projection, parse_query(text, NOW), **more)
    return [summary.id for summary in page.sagas]


async def looked_up(projection: Projection, query: Query, *, stuck_before: int = LONG_AGO, limit: int = 50) -> Page:
    return await projection.search(query, stuck_before=stuck_before, limit=limit)


async def figures(projection: Projection) -> tuple[Totals, object, object]:
    marks = await projection.marks(MINUTE - 9, MINUTE + 9)
    kept: Mapping[int, Mapping[str, int]] = {
        minute: {name: count for name, count in some.items() if count} for minute, some in marks.items()
    }
    return await projection.totals(LONG_AGO), kept, _sorted(await projection.steps(MINUTE - 9))


async def everything(projection: Projection) -> tuple[object, ...]:
    """All that can be asked about the trips 1 and 2."""
    sagas = [await projection.saga(saga) for saga in ("trip-1", "trip-2")]
    return (
        await figures(projection),
        dict(await projection.positions()),
        [(one.summary, _plain(one.facts)) for one in sagas if one is not None],
        [one.id for one in (await looked_up(projection, Query())).sagas],
    )


def _plain(facts: Sequence[Fact]) -> list[tuple[object, ...]]:
    return [(one.key, one.type, one.event_id, one.terms) for one in facts]


def _sorted(steps: Sequence[Step]) -> list[tuple[object, ...]]:
    return sorted((step.cause, step.answer, step.participant, sorted(step.counts.items())) for step in steps)
