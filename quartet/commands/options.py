"""Options that several commands have."""

from typing import Annotated

import typer

StandingOption = Annotated[
    float | None,
    typer.Option(
        "--standing",
        min=0,
        max=31_536_000,
        help="Seconds that an event may wait before its partition stands still; STANDING_SECONDS by default.",
    ),
]
