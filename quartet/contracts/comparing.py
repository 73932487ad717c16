"""The gate: what changed between the contracts of a release and those of the code, so that something breaks."""

from collections.abc import Collection, Iterator
from typing import Final

from quartet.contracts.document import Contract, Contracts
from quartet.contracts.finding import Breaks, Change, Finding, next_version
from quartet.contracts.schema_changes import schema_changes

_KEEP: Final = "Keep it in the registry until no event of it is left, and then name it with --retired"


def breaking_changes(released: Contracts, now: Contracts, *, retired: Collection[str] = ()) -> tuple[Finding, ...]:
    """What breaks an old event or an old reader, in the order of the released events.

    Args:
        released: the contracts of a release.
        now: those of the code.
        retired: types that may be gone: the hub no longer holds an event of them, and no dead letter does.
    """
    found = list(_attributes(released, now))
    for type_, was in released.events.items():
        contract = now.events.get(type_)
        if contract is not None:
            found += _changes(type_, was, contract)
        elif type_ not in retired:
            found.append(Finding(type_, Change("", "the event is gone", Breaks.OLD_EVENTS), _KEEP))
    return tuple(found)


def _attributes(released: Contracts, now: Contracts) -> Iterator[Finding]:
    if not now.events:  # then the events are gone, and are named
        return
    for change in schema_changes(released.attributes, now.attributes):
        yield Finding("", change, "Leave the attributes as they were: old and new services share a hub")


def _changes(type_: str, was: Contract, now: Contract) -> Iterator[Finding]:
    remedy = next_version(type_)
    for change in (*_authors(was, now), *_saga(was, now), *schema_changes(was.data, now.data)):
        yield Finding(type_, change, remedy)


def _authors(was: Contract, now: Contract) -> Iterator[Change]:
    """Without authors, any client may say it."""
    if was.said_by == now.said_by or set(was.said_by) == set(now.said_by) != set():
        return
    gone, added = set(was.said_by) - set(now.said_by), set(now.said_by) - set(was.said_by)
    if now.said_by and (gone or not was.said_by):
        who = ", ".join(sorted(gone)) or "any client"
        yield Change("said_by", f"{who} may no longer say it", Breaks.OLD_EVENTS)
    if was.said_by and (added or not now.said_by):
        who = ", ".join(sorted(added)) if now.said_by else "any client"
        yield Change("said_by", f"{who} may say it, too", Breaks.OLD_READERS)


def _saga(was: Contract, now: Contract) -> Iterator[Change]:
    if was.saga_id != now.saga_id:
        yield Change("saga id", f"was {was.saga_id}, is {now.saga_id}", Breaks.MEANING)
