"""The overview: the figures of all sagas, put together from the projection and from what is known of the services."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from quartet.console.flow import Flow
from quartet.console.projection.latency import percentile
from quartet.console.projection.port import Projection, Step, Totals
from quartet.console.projection.query import Query
from quartet.console.projection.summary import BEGAN, COMPENSATED, COMPENSATION_ENDED, ENDED, MINUTE, Summary
from quartet.console.rows import Listing, moment
from quartet.console.seams import ABSENT, Audit, Lags, Letters
from quartet.console.views import MinuteView, OverviewView, StepView, Unknown

_MINUTES: Final = 60
_STEP_MINUTES: Final = 15
_ROWS: Final = 20


@dataclass(frozen=True, slots=True)
class Standing:
    """How far the projection is: the first four fields of `OverviewView` about it."""

    following: bool
    behind_events: int
    behind_seconds: float
    problem: str


class Following(Protocol):
    """What reads the hubs."""

    flow: Flow

    def standing(self, now: int) -> Standing:
        """How far it is; `now` is in ms since 1970."""


class Overviews:
    """Makes overviews. `letters`, `audit` and `lags` may be absent: what they know is then `Unknown`."""

    def __init__(
        self,
        projection: Projection,
        following: Following,
        *,
        stuck_after: float,
        lags: Lags | None,
        letters: Letters | None,
        audit: Audit | None,
    ) -> None:
        self._projection = projection
        self._following = following
        self._stuck_after = stuck_after
        self._lags = lags
        self._letters = letters
        self._audit = audit

    def listing(self, now: int) -> Listing:
        """What rows need that are made now."""
        return Listing(
            now,
            now - round(self._stuck_after * 1000),
            self._letters.sagas() if self._letters is not None else frozenset(),
            self._audit.sagas() if self._audit is not None else frozenset(),
        )

    async def view(self, now: int) -> OverviewView:
        """The overview at this time, in ms since 1970.

        Raises:
            OutageError: the store of the projection does not answer.
        """
        listing = self.listing(now)
        totals = await self._projection.totals(listing.stuck_before)
        last = now // MINUTE
        marks = await self._projection.marks(last - _MINUTES + 1, last)
        steps = await self._projection.steps(last - _STEP_MINUTES + 1)
        stuck = await self._found(Query(statuses=("stuck",)), listing) if totals.stuck else ()
        standing = self._following.standing(now)
        return OverviewView(
            at=moment(now),
            following=standing.following,
            behind_events=standing.behind_events,
            behind_seconds=standing.behind_seconds,
            problem=standing.problem,
            sagas=totals.sagas,
            open=totals.open,
            compensating=totals.compensating,
            stuck=totals.stuck,
            ended=totals.ended,
            flow=self._following.flow.view(now),
            history=_history(totals, marks, last),
            steps=tuple(_step(step) for step in steps),
            lag=self._lags.now() if self._lags is not None else Unknown(problem=ABSENT),
            letters=self._letters.counts() if self._letters is not None else Unknown(problem=ABSENT),
            stuck_sagas=tuple(listing.row(one) for one in stuck),
            recent=tuple(listing.row(one) for one in await self._found(Query(), listing)),
            findings=self._audit.broken() if self._audit is not None else Unknown(problem=ABSENT),
        )

    async def _found(self, query: Query, listing: Listing) -> tuple[Summary, ...]:
        page = await self._projection.search(query, stuck_before=listing.stuck_before, limit=_ROWS)
        return tuple(page.sagas)


def _history(totals: Totals, marks: Mapping[int, Mapping[str, int]], last: int) -> tuple[MinuteView, ...]:
    """Go back from what is open now: each minute says what it has added."""
    open_, compensating = totals.open + totals.compensating, totals.compensating
    minutes = []
    for minute in range(last, last - _MINUTES, -1):
        said = marks.get(minute, {})
        ended = {name.removeprefix(ENDED): count for name, count in said.items() if name.startswith(ENDED) and count}
        began = said.get(BEGAN, 0)
        minutes.append(
            MinuteView(
                at=moment(minute * MINUTE),
                began=began,
                ended=ended,
                open=max(0, open_ - compensating),
                compensating=max(0, compensating),
            )
        )
        open_ -= began - sum(ended.values())
        compensating -= said.get(COMPENSATED, 0) - said.get(COMPENSATION_ENDED, 0)
    return tuple(reversed(minutes))


def _step(step: Step) -> StepView:
    p50, p95, p99 = (percentile(step.counts, share) for share in (0.5, 0.95, 0.99))
    return StepView(
        cause=step.cause,
        answer=step.answer,
        participant=step.participant,
        count=sum(step.counts.values()),
        p50=p50,
        p95=p95,
        p99=p99,
    )
