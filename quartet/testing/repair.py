"""The steps of an operator once everything works again: redrive the dead letters, and discard unreadable ones."""

from collections.abc import Callable
from typing import Any, Final

from quartet.engine.dead_letters.redrive import Redrive, Verdict
from quartet.engine.declaration.participant import Participant
from quartet.testing.memory import LettersOfProcess
from quartet.testing.steps import Undisturbed
from quartet.testing.world import World

_ROUNDS: Final = 50


def repair(world: World, run: Callable[[], None]) -> None:
    """Redrive all dead letters, and let the participants work, until nothing changes."""
    run()
    for _ in range(_ROUNDS):
        before = _open(world), len(world.witness.said)
        for participant in world.app:
            if world.letters[participant.name].open:
                world.loop.run_until_complete(_redrive(world, participant))
        run()
        if before == (_open(world), len(world.witness.said)):
            return


def _open(world: World) -> set[tuple[str, str]]:
    return {(name, letter.id) for name, letters in world.letters.items() for letter in letters.open}


async def _redrive(world: World, participant: Participant[Any, Any]) -> None:
    steps = Undisturbed()
    letters = LettersOfProcess(world.letters[participant.name], steps)
    redrive = Redrive(world.engine(participant, steps, look_first=True), letters, world.loop.utc)
    reports = [report async for report in redrive.run(await letters.find())]
    for report in reports:
        stored = await letters.get(report.letter.id)
        if report.verdict is Verdict.UNREADABLE and stored is not None:
            await redrive.discard(stored)
