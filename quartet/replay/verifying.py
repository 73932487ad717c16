"""Verifying recordings: every participant of every saga."""

import asyncio
from collections.abc import Iterable
from typing import Any

from quartet.choreography import Choreography
from quartet.engine.records.codec import RecordCodec
from quartet.replay.recording import Recording
from quartet.replay.replaying import PartReplay
from quartet.replay.verdict import Finding, Kind, Verdict


def verify(app: Choreography, recordings: Iterable[Recording]) -> Verdict:
    """Run recorded sagas through the handlers of the application, without servers. Not within a running event loop."""
    return asyncio.run(_verify(app, list(recordings)))


async def _verify(app: Choreography, recordings: list[Recording]) -> Verdict:
    findings: list[Finding] = []
    notes = dict[str, None]()
    events = 0
    codecs = {participant.name: RecordCodec[Any](participant.state) for participant in app}
    for recording in recordings:
        if recording.app != app.name:
            text = f"{recording.where}: is a saga of the application {recording.app}, not of {app.name}"
            findings.append(Finding(Kind.PROBLEM, recording.saga_id, "", "", text))
            continue
        parts = {part.participant: part for part in recording.parts}
        for name in parts.keys() - set(app.names):
            text = "the application no longer has this participant"
            findings.append(Finding(Kind.DIFFERENCE, recording.saga_id, name, "", text))
        for participant in app:
            if participant.name not in parts:
                notes[f"{participant.name} is not in all recordings: it was added since"] = None
                continue
            codec = codecs[participant.name]
            replay = PartReplay(participant, codec, recording, parts[participant.name], app.events)
            finding = await replay.run()
            events += replay.events
            findings += [finding] if finding is not None else []
    return Verdict(len(recordings), events, tuple(findings), tuple(notes))
