"""The status of sagas, for people and for programs."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from rich.console import Group
from rich.text import Text

from quartet.cli.lag.lag import Standstill, standstill_json, standstill_lines
from quartet.cli.reading.stored import Unparsed, unparsed_json
from quartet.cli.status.sagas import Overview, SagaStatus
from quartet.terminal.cells import cell
from quartet.terminal.listing import Listing, Unbroken

_MOST_SHOWN: Final = 60


def saga_view(known: SagaStatus) -> Group:
    """One saga, for people: how it ended, what each participant has recorded, and its dead letters."""
    parts: list[Listing | Unbroken] = [Unbroken(_headline(known)), _parts(known)]
    if known.letters:
        listing = Listing("dead letter", "participant", "event", "reason", title="dead letters")
        for one in known.letters:
            letter = one.stored.letter
            listing.add(one.stored.id, one.service, letter.event_type or "", letter.reason)
        parts.append(listing)
    return Group(*parts)


def saga_json(known: SagaStatus, unparsed: Sequence[Unparsed]) -> dict[str, Any]:
    """One saga, for programs."""
    return {
        "saga_id": known.saga_id,
        "ends": list(known.ends),
        "participants": {part.participant: {"state": part.state, "said": list(part.said)} for part in known.parts},
        "dead_letters": [
            {"id": one.stored.id, "participant": one.service, "reason": one.stored.letter.reason}
            for one in known.letters
        ],
        "unreadable": unparsed_json(unparsed),
    }


def ends_view(known: Mapping[str, str]) -> Group:
    """How sagas have ended, for people: a row each as long as there are few, and the counts."""
    parts: list[Listing | Unbroken] = []
    if len(known) <= _MOST_SHOWN:
        listing = Listing("saga", "ended with")
        for saga_id, type_ in sorted(known.items()):
            listing.add(saga_id, type_)
        parts.append(listing)
    counts = Counter(known.values())
    parts.append(Unbroken(", ".join(f"{counts[type_]} {type_}" for type_ in sorted(counts)) or "none has ended"))
    return Group(*parts)


def ends_json(known: Mapping[str, str]) -> dict[str, str]:
    """How each saga has ended, for programs."""
    return dict(sorted(known.items()))


def overview_view(seen: Overview, standstill: Standstill) -> Group:
    """All sagas, for people: what is stalled, what has not ended, and the counts."""
    parts: list[Listing | Unbroken] = [Unbroken(cell(line, style="red")) for line in standstill_lines(standstill)]
    if seen.open:
        listing = Listing("saga", "said so far", title="Sagas that have not ended")
        for saga_id, said in sorted(seen.open.items())[:_MOST_SHOWN]:
            listing.add(saga_id, ", ".join(said))
        parts.append(listing)
        if (more := len(seen.open) - _MOST_SHOWN) > 0:
            parts.append(Unbroken(f"and {more} more (all of them: --json)"))
    for name, count in seen.letters.items():
        if count:
            parts.append(Unbroken(f"{name} has {count} open dead letters: see quartet dead-letters list"))
    ended = "".join(f", {count} ended with {type_}" for type_, count in seen.ended.items())
    parts.append(Unbroken(f"{seen.total} sagas{ended}, {len(seen.open)} not ended"))
    return Group(*parts)


def overview_json(seen: Overview, standstill: Standstill | None, unparsed: Sequence[Unparsed]) -> dict[str, Any]:
    """All sagas, for programs; what is not known of the partitions and participants is null."""
    known = standstill_json(standstill) if standstill is not None else {"partitions": None, "not_running": None}
    return {
        "sagas": seen.total,
        "ended": dict(seen.ended),
        "open": {saga_id: list(said) for saga_id, said in sorted(seen.open.items())},
        "dead_letters": dict(seen.letters),
        **known,
        "unreadable": unparsed_json(unparsed),
    }


def _headline(known: SagaStatus) -> Text:
    text = cell(f"Saga {known.saga_id}  ", style="bold")
    if known.ends:
        return text.append_text(cell(f"ended with {', '.join(known.ends)}", style="bold green"))
    return text.append("has not ended", style="bold yellow")


def _parts(known: SagaStatus) -> Listing:
    listing = Listing("participant", "state", "has said", title="what each participant has recorded", show_lines=True)
    for part in known.parts:
        if part.is_unread:
            listing.add(part.participant, cell("cannot be read", style="red"), "")
        else:
            listing.add(part.participant, _fields(part.state), cell(*part.said))
    return listing


def _fields(state: Mapping[str, Any] | None) -> Text:
    if state is None:
        return cell("nothing", style="dim")
    return cell(*(f"{name}: {_short(value)}" for name, value in state.items() if value not in ("", None, [], {})))


def _short(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
