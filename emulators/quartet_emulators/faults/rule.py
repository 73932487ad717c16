"""One rule: which fault, where, how often, and how bad."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from fnmatch import fnmatchcase
from typing import Any


@dataclass(frozen=True, slots=True)
class Rule:
    """A fault to inject. At most one of `probability`, `every` and `first` is given; without any it strikes always.

    Attributes:
        name: unique in a plan; part of the seed of the rule's decisions.
        match: globs by field, which ignore case; the rule looks at requests that match all of them.
        probability: of each matching request.
        every: n; strikes every n-th matching request.
        first: n; strikes the first n matching requests.
        limit: n; strikes at most n times.
        seconds: how long it lasts, for faults that last.
        events: how many events a receiver goes back.
        retry_after_ms: the wait that a throttled client is asked for.
        applied: whether the request was carried out nevertheless.
        versions: how many versions back a stale read is.
    """

    name: str
    server: str
    fault: str
    match: Mapping[str, str] = field(default_factory=dict)
    probability: float | None = None
    every: int | None = None
    first: int | None = None
    limit: int | None = None
    seconds: float = 0.0
    events: int = 100
    retry_after_ms: int = 100
    applied: bool = False
    versions: int = 1

    def looks_at(self, where: Mapping[str, str]) -> bool:
        """Whether a request is one of those that the rule is about."""
        return all(fnmatchcase(where.get(name, "").lower(), glob.lower()) for name, glob in self.match.items())

    def as_json(self) -> dict[str, Any]:
        """The rule with all its fields."""
        return asdict(self)
