"""Options that several commands have."""

from typing import Annotated

import typer

from quartet.numbers import a_number

StandingOption = Annotated[
    float | None,
    typer.Option(
        "--standing",
        min=0,
        max=31_536_000,
        callback=a_number,
        help="Seconds that an event may wait before its partition stands still; STANDING_SECONDS by default.",
    ),
]
