"""Options that several commands have."""

import re
from typing import Annotated, Final

import typer

from quartet.events import SAGA_ID_PATTERN
from quartet.printable import printable
from quartet.terminal.numbers import a_number

_SAGA_ID: Final = re.compile(SAGA_ID_PATTERN.rstrip("$") + r"\Z")
_LETTER_ID: Final = re.compile(r"[0-9A-Za-z_.-]{1,128}\Z")
_SAGA_HINT: Final = "the id of a saga must be 1 to 64 of A-Z, a-z, 0-9, _ and -"


def _saga_id(text: str) -> str:
    if not _SAGA_ID.match(text):
        raise typer.BadParameter(f"{_SAGA_HINT}, and not {printable(text)!r}")
    return text


def _letter_id(text: str) -> str:
    if not _LETTER_ID.match(text):
        raise typer.BadParameter(f"{printable(text)!r} is not the id of a dead letter: see quartet dead-letters list")
    return text


SagaArgument = Annotated[str, typer.Argument(parser=_saga_id, metavar="SAGA", help="The id of the saga.")]
SomeSagasArgument = Annotated[
    list[str] | None, typer.Argument(parser=_saga_id, metavar="SAGA", help="The ids of the sagas.")
]
LastOption = Annotated[
    int, typer.Option("--last", min=0, max=100_000, metavar="N", help="Also the N sagas that have ended last.")
]
AnySagaArgument = Annotated[str | None, typer.Argument(parser=_saga_id, metavar="SAGA", help="The id of the saga.")]
SagaOption = Annotated[
    str | None, typer.Option("--saga", parser=_saga_id, metavar="SAGA", help="Only those of this saga.")
]
SagasOption = Annotated[
    list[str] | None,
    typer.Option("--saga", parser=_saga_id, metavar="SAGA", help="A saga of the running deployment. May be repeated."),
]
LetterArgument = Annotated[str, typer.Argument(parser=_letter_id, metavar="ID", help="The dead letter's id.")]
SomeLettersArgument = Annotated[
    list[str], typer.Argument(parser=_letter_id, metavar="ID", help="Dead letters by their ids.")
]
LettersArgument = Annotated[
    list[str] | None, typer.Argument(parser=_letter_id, metavar="ID", help="Dead letters by their ids.")
]

StandingOption = Annotated[
    float | None,
    typer.Option(
        "--standing",
        min=0,
        max=31_536_000,
        callback=a_number,
        help="Seconds that an event may wait before its partition counts as stalled; STANDING_SECONDS by default.",
    ),
]
