"""Recordings as JSON Lines: a line for the saga, and one for each event, each step and each participant.

So a recording that is made again differs from the one before by the lines of what has changed. The first line of a saga
says how many follow: a file that was cut off is noticed.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from quartet.engine.records.record import Json
from quartet.replay.recording import OUTCOMES, Part, Recording, RecordingError, Step

FORMAT: Final = 1


def recording_lines(recording: Recording) -> Iterator[str]:
    """The lines of a recording, in ASCII, without line ends."""
    lines: list[Json] = [{"event": event} for event in recording.events]
    for part in recording.parts:
        lines.append({"participant": part.participant, **_of_part(part)})
        lines += [{"by": part.participant, **_of_step(step)} for step in part.steps]
    head = {"recording": FORMAT, "app": recording.app, "saga": recording.saga_id, "lines": len(lines)}
    for line in (head, *lines):
        yield json.dumps(line).replace("\x7f", "\\u007f")


def read_recordings(path: Path) -> list[Recording]:
    """The recordings in a file.

    Raises:
        RecordingError: it cannot be read, is not such a file, is cut off, or has another format; names the line.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise RecordingError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    return list(recordings_in(text, str(path)))


def recordings_in(text: str, name: str) -> Iterator[Recording]:
    """The recordings in a text. Raises as `read_recordings` does."""
    lines = [_Line(name, number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    if not lines:
        raise RecordingError(f"{name} is empty")
    while lines:
        head, lines = lines[0], lines[1:]
        following = head.count()
        if len(lines) < following:
            raise RecordingError(
                f"{head.where}: the saga has {following} more lines, and the file {len(lines)}: it was cut off"
            )
        yield _recording(head, lines[:following])
        lines = lines[following:]


@dataclass(slots=True)
class _Line:
    """A line, read."""

    name: str
    number: int
    text: str
    content: Json = field(init=False)

    def __post_init__(self) -> None:
        try:
            content = json.loads(self.text)
        except (ValueError, RecursionError) as error:
            raise RecordingError(f"{self.where}: not JSON: {error}") from error
        if not isinstance(content, dict):
            raise RecordingError(f"{self.where}: not an object")
        self.content = content

    @property
    def where(self) -> str:
        return f"{self.name}, line {self.number}"

    def count(self) -> int:
        """How many lines follow this one, which begins a saga."""
        version = self.content.get("recording")
        if version is None:
            raise RecordingError(f"{self.where}: no recording begins here: see quartet recordings")
        if version != FORMAT:
            raise RecordingError(
                f"{self.where}: the recording has format {version}, and this release reads format {FORMAT}: "
                "make it again, or verify it with the release that made it"
            )
        return int(self.get("lines", int))

    def get(self, key: str, *kinds: type) -> Any:  # noqa: ANN401 -- JSON of one of these kinds
        value = self.content.get(key)
        if not isinstance(value, kinds):
            raise RecordingError(f"{self.where}: {key} is missing or wrong")
        return value


def _recording(head: _Line, lines: Iterable[_Line]) -> Recording:
    events: list[Json] = []
    parts: dict[str, Part] = {}
    steps: dict[str, list[Step]] = {}
    for line in lines:
        if "event" in line.content:
            events.append(_event(line))
        elif "participant" in line.content:
            name = line.get("participant", str)
            if name in parts:
                raise RecordingError(f"{line.where}: a second line of the participant {name}")
            parts[name] = _part(line, name)
            steps[name] = []
        else:
            name = line.get("by", str)
            if name not in parts:
                raise RecordingError(f"{line.where}: there is no line of the participant {name} before this one")
            steps[name].append(_step(line, len(events)))
    return Recording(
        head.get("app", str),
        head.get("saga", str),
        tuple(events),
        tuple(
            Part(part.participant, part.hears, tuple(steps[name]), part.state, part.incomplete)
            for name, part in parts.items()
        ),
        head.where,
    )


def _event(line: _Line) -> Json:
    event: Json = line.get("event", dict)
    texts = (event.get(name) for name in ("id", "source", "type"))
    if not all(isinstance(text, str) for text in texts) or not isinstance(event.get("data"), dict):
        raise RecordingError(f"{line.where}: event is missing or wrong")
    return event


def _of_part(part: Part) -> Json:
    incomplete = {"incomplete": part.incomplete} if part.incomplete else {}
    return {"hears": list(part.hears), "state": part.state, **incomplete}


def _part(line: _Line, name: str) -> Part:
    return Part(
        name,
        hears=tuple(map(str, line.get("hears", list))),
        state=line.get("state", dict, type(None)),
        incomplete=line.get("incomplete", str) if "incomplete" in line.content else "",
    )


def _of_step(step: Step) -> Json:
    return {
        "heard": step.heard,
        "outcome": step.outcome,
        **({"reason": step.reason} if step.reason else {}),
        "said": list(step.said),
        "calls": None if step.calls is None else list(step.calls),
        **({"attempts": step.attempts} if step.attempts is not None else {}),
        **({"settings": step.settings} if step.settings is not None else {}),
    }


def _step(line: _Line, events: int) -> Step:
    calls = line.get("calls", list, type(None))
    heard, said = line.get("heard", int), line.get("said", list)
    if not all(isinstance(place, int) and 0 <= place < events for place in (heard, *said)):
        raise RecordingError(f"{line.where}: it names an event that is not in the recording")
    if calls is not None and not all(map(_is_call, calls)):
        raise RecordingError(f"{line.where}: calls is missing or wrong")
    settings = line.get("settings", dict, type(None))
    if settings is not None and not {"answer", "unwritable"} & settings.keys():
        raise RecordingError(f"{line.where}: settings is missing or wrong")
    outcome = line.get("outcome", str)
    if outcome not in OUTCOMES:
        raise RecordingError(f"{line.where}: outcome is none of {', '.join(sorted(OUTCOMES))}")
    return Step(
        heard=heard,
        outcome=outcome,
        reason=line.get("reason", str, type(None)) or "",
        said=tuple(said),
        calls=None if calls is None else tuple(calls),
        attempts=line.get("attempts", int, type(None)),
        settings=settings,
    )


def _is_call(call: object) -> bool:
    if not isinstance(call, Mapping):
        return False
    return isinstance(call.get("method"), str) and ("unwritable" in call or isinstance(call.get("asked"), str))
