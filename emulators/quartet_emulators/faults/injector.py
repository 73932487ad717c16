"""Deciding: does this request meet a fault?

Each rule draws from a generator of its own, once per request that it looks at. So its n-th decision is the same in
every run with the same seed, independent of other rules and of requests that it does not match.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from fnmatch import fnmatchcase
from random import Random
from typing import Any

from quartet_emulators.faults.catalogue import KINDS
from quartet_emulators.faults.rule import Rule


class LiveRule:
    """An active rule: its generator and its counts."""

    def __init__(self, rule: Rule, seed: int) -> None:
        self.rule = rule
        self.looked_at = 0
        self.injected = 0
        self._random = Random(f"{seed}:{rule.name}")  # noqa: S311 - to repeat is the point

    def strikes(self) -> bool:
        """The decision about one more request."""
        rule = self.rule
        self.looked_at += 1
        draw = self._random.random()
        if rule.limit is not None and self.injected >= rule.limit:
            return False
        if rule.probability is not None:
            return draw < rule.probability
        if rule.every is not None:
            return self.looked_at % rule.every == 0
        return rule.first is None or self.looked_at <= rule.first

    def as_json(self) -> dict[str, Any]:
        """The rule and its counts."""
        return self.rule.as_json() | {"looked_at": self.looked_at, "injected": self.injected}


class Injector:
    """The faults of one emulator.

    Attributes:
        rules: the active ones; an emulator asks `choose` only if there are any.
        injected: how often each kind of fault was injected since the start, also by rules that were replaced.
    """

    def __init__(self, server: str) -> None:
        self.server = server
        self.rules: Sequence[LiveRule] = ()
        self.injected: Counter[str] = Counter()

    def replace(self, rules: Sequence[Rule], seed: int) -> None:
        """Replace all rules; the decisions of the new ones start from the seed."""
        self.rules = [LiveRule(rule, seed) for rule in rules if rule.server == self.server]

    def report(self) -> dict[str, Any]:
        """The rules with their counts, and what was injected since the start."""
        return {"rules": [live.as_json() for live in self.rules], "injected": dict(sorted(self.injected.items()))}

    def choose(self, operation: str, where: Mapping[str, str], impossible: Collection[str] = ()) -> Rule | None:
        """The fault that this request meets: that of the first rule which strikes.

        Args:
            operation: what the request does; for `operation` among the rule's globs.
            where: the other fields that rules match.
            impossible: faults that would make no sense here, such as a failed condition of a request without one.
        """
        struck: Rule | None = None
        where = {**where, "operation": operation}
        kinds = KINDS[self.server]
        for live in self.rules:
            rule = live.rule
            if rule.fault in impossible or not rule.looks_at(where):
                continue
            if not any(fnmatchcase(operation, glob) for glob in kinds[rule.fault].operations):
                continue
            if live.strikes() and struck is None:
                struck = rule
                live.injected += 1
                self.injected[rule.fault] += 1
        return struck


NO_FAULTS = Injector("none")
"""For an emulator that runs alone: it never has a rule."""
