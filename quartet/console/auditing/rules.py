"""The state of each rule, for the page: when it was looked at, and whether it holds."""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, Final, Literal

from quartet.cli.audit.finding import Finding
from quartet.console.auditing.findings import Broken, rfc3339
from quartet.console.auditing.hub_rules import HUB_RULES
from quartet.console.views import RuleView

Scope = Literal["hub", "saga", "everything"]
SCOPES: Final[tuple[Scope, ...]] = ("hub", "saga", "everything")


@dataclass(frozen=True, slots=True)
class _Looked:
    """The last look at a rule. `at` is None if there was none yet."""

    number: int
    at: float | None
    figures: Mapping[str, Any]
    problem: str = ""


class RuleBook:
    """The rules that are known, by scope and in their order, and the last look at each."""

    def __init__(self, *, has_everything: bool = True) -> None:
        """The rules of the hub are known; those of the application with the first look.

        `has_everything`: whether there are looks at everything.
        """
        self._off = "" if has_everything else "looks at everything are switched off"
        self._looked: dict[tuple[Scope, str], _Looked] = {}
        self._problems: dict[Scope, str] = {}
        for number, rule in enumerate(HUB_RULES, 1):
            self._looked["hub", rule.text] = _Looked(number, None, {})

    def looked(self, scope: Scope, rules: Iterable[tuple[str, Mapping[str, Any]]], now: float) -> None:
        """These rules were looked at."""
        self._problems.pop(scope, None)
        for number, (rule, figures) in enumerate(rules, 1):
            self._looked[scope, rule] = _Looked(number, now, figures)

    def note(self, scope: Scope, findings: Sequence[Finding], now: float) -> None:
        """These rules of the application were looked at, or could not be, as their findings say."""
        self._problems.pop(scope, None)
        for one in findings:
            before = self._looked.get((scope, one.rule))
            at = now if not one.problem else before.at if before else None
            self._looked[scope, one.rule] = _Looked(one.number, at, one.figures, one.problem)

    def could_not_look(self, scope: Scope, problem: str) -> None:
        """No rule of a scope could be looked at."""
        self._problems[scope] = problem

    def problem(self, scope: Scope) -> str:
        """Why the rules of a scope could not be looked at last; empty if they could."""
        return self._problems.get(scope, "")

    def is_known(self, scope: Scope, rule: str) -> bool:
        """Whether a rule is among those of a scope that were looked at."""
        return (scope, rule) in self._looked

    def views(self, broken: AbstractSet[Broken]) -> tuple[RuleView, ...]:
        """Every rule. One that was not looked at neither holds nor is broken."""
        texts = {one.rule for one in broken}
        return tuple(
            RuleView(
                number=one.number,
                rule=rule,
                scope=scope,
                holds=None if one.at is None or one.problem or self.problem(scope) else rule not in texts,
                checked_at=None if one.at is None else rfc3339(one.at),
                figures=one.figures,
                problem=one.problem or self.problem(scope) or ("" if one.at is not None else "not looked at yet"),
            )
            for wanted in SCOPES
            for (scope, rule), one in self._looked.items()
            if scope == wanted
        ) + tuple(self._unknown(scope) for scope in SCOPES if scope != "hub" and not self._has_rules(scope))

    def _has_rules(self, scope: Scope) -> bool:
        return any(one == scope for one, _ in self._looked)

    def _unknown(self, scope: Scope) -> RuleView:
        """In place of the rules of a scope that were never looked at."""
        return RuleView(
            number=0,
            rule="the application's rules about " + ("single sagas" if scope == "saga" else "everything"),
            scope=scope,
            holds=None,
            checked_at=None,
            figures={},
            problem=self.problem(scope) or (self._off if scope == "everything" else "") or "not looked at yet",
        )
