"""The findings of an application's own invariants."""

from collections.abc import Iterable

from quartet.choreography import Choreography
from quartet.cli.audit.evidence import StoredEvidence
from quartet.cli.audit.finding import Finding, Violation
from quartet.engine.declaration.invariant import Invariant


def judge(choreography: Choreography, evidence: StoredEvidence) -> list[Finding]:
    """Check every invariant, and that everything could be read that they speak of."""
    findings = [_check(number, one, evidence) for number, one in enumerate(choreography.invariants, 1)]
    unread = tuple(Violation(f"{one.place}/{one.id}", one.problem) for one in evidence.unparsed)
    rule = "every stored document can be read by this release"
    return [*findings, Finding(len(findings) + 1, rule, {"unreadable": len(unread)}, unread)]


def _check(number: int, invariant: Invariant, evidence: StoredEvidence) -> Finding:
    rule = (invariant.__doc__ or repr(invariant)).strip().splitlines()[0]
    return Finding(number, rule, evidence.figures, tuple(_violations(invariant(evidence))))


def _violations(lines: Iterable[str]) -> Iterable[Violation]:
    for line in lines:
        subject, _, what = line.partition(": ")
        yield Violation(subject, what)
