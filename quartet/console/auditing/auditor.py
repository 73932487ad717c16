"""The auditor: judges each saga that has news as soon as it is at rest, and says only what lasts."""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from quartet.choreography import Choreography
from quartet.cli.audit.finding import Finding
from quartet.cli.audit.watch import Watch
from quartet.console.auditing.findings import Broken, Findings
from quartet.console.auditing.hub_rules import HUB_RULES, judge_history
from quartet.console.auditing.log import HeardLog, Known
from quartet.console.auditing.rules import RuleBook
from quartet.console.auditing.settled import Finished, Settled
from quartet.engine.errors import ConfigurationError, OutageError
from quartet.terminal.user_error import UserError

FAILURES: Final = (OutageError, ConfigurationError, UserError)
"""What may go wrong with a look. It is shown with the rules, and the look is repeated."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How often the auditor looks, in seconds.

    Attributes:
        settle: a saga is judged when it had no news for this time; what is wrong is looked at again after this time.
        grace: a saga with events that are not finished is judged if it had no news for this time.
        again: how long after a saga that breaks a rule is looked at again without news; and the longest pause between
            two looks at a saga that cannot be judged yet.
        most: sagas in one look.
    """

    settle: float = 3.0
    grace: float = 600.0
    again: float = 60.0
    most: int = 200


@dataclass(slots=True)
class _Waiting:
    """A saga that is to be judged.

    Attributes:
        news: the time of its last news.
        look_at: when to look; `pause` is how long to wait after that if it cannot be judged then.
        suspected: what was wrong in the look before.
    """

    news: float
    look_at: float
    pause: float
    suspected: frozenset[Broken] = field(default_factory=frozenset)


class Auditor:
    """Judges sagas by the rules of the hub, and by the rules of the application that speak of single sagas."""

    def __init__(
        self,
        app: Choreography,
        log: HeardLog,
        findings: Findings,
        rules: RuleBook,
        *,
        watch: Watch,
        progress: Callable[[], Awaitable[Finished]],
        pace: Pace | None = None,
    ) -> None:
        """Continue with the sagas that were not judged before.

        Args:
            app: the application.
            log: the events of its sagas.
            findings: where to put what is found.
            rules: where to put what was looked at.
            watch: judges sagas by what is stored.
            progress: how far the participants are.
            pace: how often to look.
        """
        self._app = app
        self._log = log
        self._findings = findings
        self._rules = rules
        self._watch = watch
        self._progress = progress
        self._pace = pace or Pace()
        self._settled = Settled(app)
        self._waiting: dict[str, _Waiting] = {}
        self._seen: dict[str, float] = {}
        self.judged = 0
        for saga_id, news in log.waiting().items():
            self.news((saga_id,), news)

    @property
    def behind(self) -> int:
        """How many sagas are still to be judged."""
        return len(self._waiting)

    def news(self, saga_ids: Iterable[str], now: float) -> None:
        """These sagas have news: an event, or another stored state. What was suspected of them is looked at again."""
        for saga_id in saga_ids:
            self._waiting[saga_id] = _Waiting(now, now + self._pace.settle, self._pace.settle)

    async def step(self, now: float) -> bool:
        """Judge the sagas that are due. Returns whether there may be more of them.

        A server that does not answer is no verdict: the rules show the problem, and the sagas wait.
        """
        self._look_again(now)
        due = sorted((one.look_at, saga_id) for saga_id, one in self._waiting.items() if one.look_at <= now)
        chosen = [saga_id for _, saga_id in due[: self._pace.most]]
        if not chosen:
            return False
        known = self._log.known(chosen)
        try:
            finished = await self._progress()
        except FAILURES as error:
            self._put_off(chosen, now)
            self._rules.could_not_look("hub", f"how far the participants are is not known: {error}")
            self._rules.could_not_look("saga", f"how far the participants are is not known: {error}")
            return False
        at_rest = [saga_id for saga_id in chosen if self._is_at_rest(saga_id, known.get(saga_id), finished, now)]
        self._put_off(set(chosen) - set(at_rest), now)
        if at_rest:
            await self._judge(at_rest, known, now)
        return len(due) > len(chosen)

    def _look_again(self, now: float) -> None:
        """Add those who break a rule and had no news for long: a person may have put it right."""
        subjects = self._findings.subjects()
        self._seen = {subject: self._seen.get(subject, now) for subject in subjects}
        for subject, seen in self._seen.items():
            if now - seen >= self._pace.again and subject not in self._waiting:
                self._seen[subject] = now
                self._waiting[subject] = _Waiting(now, now, self._pace.settle)

    def _is_at_rest(self, saga_id: str, known: Known | None, finished: Finished, now: float) -> bool:
        if known is None or now - self._waiting[saga_id].news >= self._pace.grace:
            return True
        return not self._settled.unfinished(known, finished)

    def _put_off(self, saga_ids: Collection[str], now: float) -> None:
        """Look later, and the next time later still: many sagas may wait for a service that is down."""
        for saga_id in saga_ids:
            waiting = self._waiting[saga_id]
            waiting.look_at = now + waiting.pause
            waiting.pause = min(2 * waiting.pause, self._pace.again)

    async def _judge(self, saga_ids: Sequence[str], known: Mapping[str, Known], now: float) -> None:
        before = {saga_id: self._waiting[saga_id] for saga_id in saga_ids}
        found = self._by_the_hub(saga_ids, known)
        judged = {rule.text for rule in HUB_RULES}
        self._rules.looked("hub", [(rule.text, {"sagas": self.judged + len(saga_ids)}) for rule in HUB_RULES], now)
        try:
            stored = await self._watch.sagas(saga_ids)
        except FAILURES as error:
            self._put_off(saga_ids, now)
            self._rules.could_not_look("saga", str(error))
            return
        self._rules.note("saga", stored, now)
        judged |= {finding.rule for finding in stored if not finding.problem}
        found |= _violations(stored)
        # While we looked, some of them had news: they will be looked at again.
        quiet = [saga_id for saga_id in saga_ids if self._waiting.get(saga_id) is before[saga_id]]
        self._conclude(quiet, found, judged, now)

    def _by_the_hub(self, saga_ids: Sequence[str], known: Mapping[str, Known]) -> dict[Broken, str]:
        found = {}
        for saga_id in saga_ids:
            if saga_id in known:
                lines_of_rules = judge_history(self._app, known[saga_id].history)
                for rule, lines in zip(HUB_RULES, lines_of_rules, strict=True):
                    if lines:
                        found[Broken(rule.text, saga_id)] = "; ".join(lines[:3])
        return found

    def _conclude(
        self, saga_ids: Sequence[str], found: Mapping[Broken, str], judged: Collection[str], now: float
    ) -> None:
        """What was wrong in the look before, too, is a finding. What is wrong for the first time is looked at again."""
        of_saga: dict[str, set[Broken]] = {saga_id: set() for saga_id in saga_ids}
        for broken in found:
            if broken.subject in of_saga:
                of_saga[broken.subject].add(broken)
        lasting: dict[Broken, str] = {}
        done = []
        for saga_id, wrong in of_saga.items():
            suspected = self._waiting[saga_id].suspected
            lasting |= {broken: found[broken] for broken in wrong & suspected}
            if wrong - suspected - self._findings.open:
                self._waiting[saga_id].suspected = frozenset(wrong)
                self._waiting[saga_id].look_at = now + self._pace.settle
            else:
                done.append(saga_id)
        right = [
            broken
            for broken in self._findings.open
            if broken.rule in judged and broken.subject in of_saga and broken not in found
        ]
        self._findings.note(lasting, "saga", now)
        self._findings.resolve(right, now)
        for saga_id in done:
            del self._waiting[saga_id]
        self._log.note_judged(done, now)
        self._seen |= dict.fromkeys(done, now)
        self.judged += len(done)

    async def look_at_everything(self, now: Callable[[], float]) -> None:
        """Judge everything that is stored, by every rule of the application. Its looks wait for what does not last."""
        try:
            findings = await self._watch.everything()
        except FAILURES as error:
            self._rules.could_not_look("everything", str(error))
            return
        found, at = _violations(findings), now()
        self._rules.note("everything", findings, at)
        judged = {finding.rule for finding in findings if not finding.problem}
        # A saga may be in progress for longer than a look takes: it is looked at alone, when it is at rest.
        known = self._log.known({one.subject for one in found})
        of_sagas = {one for one in found if one.subject in known and self._rules.is_known("saga", one.rule)}
        self.news({one.subject for one in of_sagas - self._findings.open}, at)
        self._findings.note({one: what for one, what in found.items() if one not in of_sagas}, "everything", at)
        self._findings.resolve([one for one in self._findings.open if one.rule in judged and one not in found], at)


def _violations(findings: Iterable[Finding]) -> dict[Broken, str]:
    """What is broken, by rule and subject; of several violations of one, the first ones."""
    lines: dict[Broken, list[str]] = {}
    for finding in findings:
        for one in finding.violations:
            lines.setdefault(Broken(finding.rule, one.subject), []).append(one.what)
    return {broken: "; ".join(whats[:3]) for broken, whats in lines.items()}
