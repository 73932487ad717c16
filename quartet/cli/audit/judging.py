"""The findings of an application's own invariants."""

from collections.abc import Collection, Iterable

from quartet.choreography import Choreography
from quartet.cli.audit.evidence import StoredEvidence
from quartet.cli.audit.finding import Finding, Violation
from quartet.cli.reading.stored import Unparsed
from quartet.engine.declaration.invariant import Invariant, is_per_saga
from quartet.engine.errors import ConfigurationError


def judge(
    choreography: Choreography, evidence: StoredEvidence, saga_ids: Collection[str] | None = None
) -> list[Finding]:
    """Check every invariant, and that everything could be read that they speak of.

    If the evidence is of a few sagas only, `saga_ids`, check those invariants that judge single sagas. One that needs a
    ledger that cannot look them up has a problem then, and the others are checked.
    """
    numbered = enumerate(choreography.invariants, 1)
    if saga_ids is None:
        findings = [_check(number, one, evidence) for number, one in numbered]
    else:
        findings = [_try_to_check(number, one, evidence) for number, one in numbered if is_per_saga(one)]
    number = len(choreography.invariants) + 1
    return [*findings, everything_is_read(number, evidence.unparsed, saga_ids or ())]


def everything_is_read(number: int, unparsed: Collection[Unparsed], saga_ids: Collection[str] = ()) -> Finding:
    """A document that could not be read proves nothing: the other findings hold without it.

    The subject is the document; if it is the record of one of `saga_ids`, the saga.
    """
    found = tuple(
        Violation(one.id, f"{one.place}: {one.problem}")
        if one.id in saga_ids
        else Violation(f"{one.place}/{one.id}", one.problem)
        for one in unparsed
    )
    return Finding(number, "every stored document can be read by this release", {"unreadable": len(unparsed)}, found)


def _check(number: int, invariant: Invariant, evidence: StoredEvidence) -> Finding:
    rule = (invariant.__doc__ or repr(invariant)).strip().splitlines()[0]
    return Finding(number, rule, evidence.figures, tuple(_violations(invariant(evidence))))


def _try_to_check(number: int, invariant: Invariant, evidence: StoredEvidence) -> Finding:
    try:
        return _check(number, invariant, evidence)
    except ConfigurationError as error:
        rule = (invariant.__doc__ or repr(invariant)).strip().splitlines()[0]
        return Finding(number, rule, {}, (), str(error))


def _violations(lines: Iterable[str]) -> Iterable[Violation]:
    for line in lines:
        subject, _, what = line.partition(": ")
        yield Violation(subject, what)
