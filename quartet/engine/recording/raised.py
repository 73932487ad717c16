"""The errors that a port raised, as JSON, and made again."""

from quartet.engine.errors import classify, one_line
from quartet.engine.recording.values import (
    JsonValue,
    UnreadableValueError,
    UnwritableError,
    found_class,
    name_of,
    read,
    written,
)


def written_error(error: Exception) -> JsonValue:
    """The error as JSON: its type, its arguments, and what the runtime takes it for.

    Raises:
        UnwritableError: no such error can be made of it again, with the same meaning.
    """
    told = {"type": name_of(type(error)), "args": written(list(error.args)), "kind": classify(error).name}
    try:
        again = read_error(told)
    except UnreadableValueError as problem:
        raise UnwritableError(str(problem)) from problem
    if str(again) != str(error):
        raise UnwritableError(f"{one_line(error)}: the error does not come back as it was")
    return told


def read_error(told: JsonValue) -> Exception:
    """The error of which this was written.

    Raises:
        UnreadableValueError: its type is not loaded, or means something else now.
    """
    if not isinstance(told, dict) or not isinstance(told.get("type"), str):
        raise UnreadableValueError("what was recorded is no error")
    name = told["type"]
    kind = found_class(name)
    if not issubclass(kind, Exception):
        raise UnreadableValueError(f"{name} is no longer an error")
    try:
        error = kind(*read(told["args"]))
    except UnreadableValueError:
        raise
    except Exception as problem:
        raise UnreadableValueError(f"no {name} can be made of what was recorded") from problem
    if classify(error).name != told.get("kind"):
        raise UnreadableValueError(f"{name} was taken for {told.get('kind')}, and is {classify(error).name} now")
    return error
