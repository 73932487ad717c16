"""What a replay has found, for people."""

from collections.abc import Iterator

from quartet.replay.verdict import Kind, Verdict


def verdict_lines(verdict: Verdict, *, allow_missing: bool = False) -> Iterator[str]:
    """A line for each finding, with its details under it, and one for the whole."""
    for finding in verdict.findings:
        yield str(finding)
        for detail in finding.details:
            yield f"    {detail}"
    yield from verdict.notes
    yield _in_short(verdict, allow_missing=allow_missing)


def _in_short(verdict: Verdict, *, allow_missing: bool) -> str:
    done = f"{_some(verdict.sagas, 'saga')}, {_some(verdict.events, 'event')} handled again"
    if not verdict.events:
        return f"{done}: nothing could be compared"
    differences, missing = len(verdict.of(Kind.DIFFERENCE)), len(verdict.of(Kind.MISSING))
    told = [
        _some(differences, "difference") if differences else "",
        f"{missing} without a recording{', which is allowed' if allow_missing else ''}" if missing else "",
        f"{problems} that cannot be replayed" if (problems := len(verdict.of(Kind.PROBLEM))) else "",
    ]
    return f"{done}: {', '.join(filter(None, told)) or 'nothing differs'}"


def _some(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
