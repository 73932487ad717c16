"""The timeline of one saga, for people and for programs."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from quartet.cli.timeline.timeline import Said
from quartet.events import format_time
from quartet.terminal.cells import cell
from quartet.terminal.listing import Listing


def timeline_listing(story: Sequence[Said], title: str, ends: Collection[str] = ()) -> Listing:
    """The timeline for people. `ends`: the types of the events that end a saga; they stand out."""
    listing = Listing("#", "+ms", "event", "said by", "because of", "remark", title=title)
    by_number = {said.number: said for said in story}
    for said in story:
        remark = f"said before, see {said.repeats}" if said.repeats else said.remark
        listing.add(
            str(said.number),
            str(said.milliseconds),
            cell(said.type, style=_style(said, ends)),
            said.source,
            _because(said, by_number),
            cell(remark, style="dim"),
        )
    return listing


def timeline_json(story: Sequence[Said]) -> list[dict[str, Any]]:
    """The timeline for programs."""
    return [
        {
            "number": said.number,
            "at": format_time(said.at),
            "milliseconds": said.milliseconds,
            "type": said.type,
            "source": said.source,
            "id": said.event_id,
            "causation_id": said.causation_id,
            "cause": said.cause,
            "repeats": said.repeats,
            "remark": said.remark,
            "hub": said.hub,
            "partition": said.partition,
            "sequence_number": said.sequence_number,
            "readable": said.is_read,
        }
        for said in story
    ]


def _because(said: Said, by_number: Mapping[int, Said]) -> str:
    if said.causation_id is None:
        return ""
    if said.cause is None:
        return said.causation_id
    return f"{said.cause} {by_number[said.cause].type}"


def _style(said: Said, ends: Collection[str]) -> str:
    if said.repeats:
        return "dim"
    if not said.is_read:
        return "red"
    if said.type in ends:
        return "bold"
    return "red" if said.type.partition(".")[0].endswith(("Failed", "Rejected")) else ""
