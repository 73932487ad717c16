"""What all views share."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

Kind = Literal["input", "step", "compensation", "failed_compensation", "end", "failed_end", "unknown"]
"""What an event is in its choreography: `compensation` is news of a failure, or of work that was undone;
`failed_compensation` is one of `Choreography.failed_compensations`: work could not be undone."""

Phase = Literal["open", "compensating", "ended", "failed"]
"""Where a saga is: `failed` has ended with an event of `Choreography.failed_ends`."""


class View(BaseModel):
    """Base of all views: immutable."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Unknown(View):
    """What could not be looked at, and why. It stands in place of what would otherwise look like an all-clear."""

    problem: str
