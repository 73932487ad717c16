"""A part by its name. The code of an emulator is loaded with its part, so that a process has only what it runs."""

from importlib import import_module
from typing import Any

from quartet_emulators.parts.inputs import DURABLE_TASKS, NO_GRPC, Inputs
from quartet_emulators.parts.local import LocalPart
from quartet_emulators.start_error import StartError


def local_part(name: str, inputs: Inputs) -> LocalPart[Any]:
    """A part of this process that is not started yet.

    Raises:
        StartError: what it needs cannot be used, or is not installed.
    """
    load(name)
    part: LocalPart[Any] = import_module(f"{__package__}.{name}").part(inputs)
    return part


def load(name: str) -> None:
    """Load the code of a part, which takes longer than its start.

    Raises:
        StartError: what it needs is not installed.
    """
    try:
        import_module(f"{__package__}.{name}")
    except ImportError as error:
        if name == DURABLE_TASKS:
            raise StartError(NO_GRPC) from error
        raise
