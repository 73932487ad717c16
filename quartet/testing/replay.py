"""Recorded sagas in a test: made in a world, checked in, and run again through the handlers as they are now."""

from collections.abc import Sequence
from pathlib import Path

from quartet.choreography import Choreography
from quartet.replay.file import read_recordings, recording_lines
from quartet.replay.gathering import gather
from quartet.replay.recording import Recording
from quartet.replay.stored import Stored, Taken
from quartet.replay.verdict import Verdict
from quartet.replay.verifying import verify
from quartet.testing.world import World


def verify_replay(app: Choreography, *files: Path | str, allow_missing: bool = False) -> Verdict:
    """Run the recorded sagas of these files through the handlers of the application. Nothing outside is called.

    For tests without an event loop.

    Args:
        app: the application.
        files: recordings, of `quartet recordings` or `save_recordings`.
        allow_missing: accept what cannot be compared because the answers of a port were not recorded.

    Returns:
        What was found: how many sagas and events were the same.

    Raises:
        AssertionError: a participant would act otherwise than it did, something cannot be replayed, or there was
            nothing to replay. The message has a line for each.
        RecordingError: a file cannot be read.
    """
    recordings = [recording for file in files for recording in read_recordings(Path(file))]
    verdict = verify(app, recordings)
    if not verdict.is_good(allow_missing=allow_missing):
        lines = [line for one in verdict.findings for line in (str(one), *(f"    {detail}" for detail in one.details))]
        raise AssertionError("\n".join(lines) or f"{', '.join(map(str, files)) or 'no file'}: nothing was replayed")
    return verdict


def save_recordings(world: World, path: Path | str, sagas: Sequence[str] | None = None) -> None:
    """Write the sagas of a world into a file, in place of what it holds. The world was made with `recording=True`.

    Args:
        world: a world in which nothing is left to do.
        path: the file.
        sagas: which of them; all of them unless given.

    Raises:
        ValueError: the world does not record.
        RecordingError: a saga cannot be recorded.
    """
    if not world.recording:
        raise ValueError("the world records nothing: make it with World(..., recording=True)")
    chosen = world.sagas if sagas is None else sagas
    lines = [line for saga_id in chosen for line in recording_lines(recording_of(world, saga_id))]
    Path(path).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def recording_of(world: World, saga_id: str) -> Recording:
    """The recording of one saga of a world. Raises as `save_recordings` does."""
    taken = [Taken(name, message) for name, messages in world.hub.partitions.items() for message in messages]

    def stored(name: str) -> Stored:
        return Stored(
            world.stores[name].get(saga_id),
            [one for one in world.letters[name].stored.values() if one.letter.saga_id == saga_id],
            lambda one: world.checkpoints.get((name, one.partition), 0) > one.message.sequence_number,
        )

    return gather(world.app, saga_id, taken, {name: stored(name) for name in world.app.names})
