"""The data directory of a local stack: looked at before anything in it is removed."""

import shutil
from pathlib import Path
from typing import Final

from quartet.extras import require_emulators
from quartet.terminal.user_error import UserError

_DATA: Final = ("event-hubs", "cosmos", "blob", "durable-tasks", "console")
_LOCKS: Final = (".lock", ".lock-children")
_OURS: Final = frozenset({*_DATA, *_LOCKS, ".env"})


def wipe(data_dir: Path) -> None:
    """Remove the data of the emulators and of the console from a directory; the directory itself stays.

    Raises:
        UserError: there is something in it that the local stack did not put there, so it is perhaps the wrong one;
            or emulators are running on it.
        MissingExtraError: the emulators are not installed.
    """
    require_emulators()
    from quartet_emulators.data_directory import locked
    from quartet_emulators.start_error import StartError

    if not data_dir.exists():
        return
    if not data_dir.is_dir():
        raise UserError(f"{data_dir} is not a directory: choose another with --data-dir")
    names = {path.name for path in data_dir.iterdir()}
    if foreign := sorted(names - _OURS):
        raise UserError(
            f"{data_dir} holds {foreign[0]}, which is not the local stack's: nothing was removed. "
            "Choose another directory with --data-dir, or clear this one yourself"
        )
    if not names:
        return
    try:
        with locked(data_dir):
            for name in sorted(names.intersection(_DATA)):
                shutil.rmtree(data_dir / name)
            (data_dir / ".env").unlink(missing_ok=True)
    except StartError as error:
        raise UserError(str(error)) from error
    except OSError as error:
        raise UserError(f"{error.filename} cannot be removed: {error.strerror}") from error
