"""Run the console of an application: `python -m quartet.console package.module:APP`."""

import sys
from collections.abc import Sequence
from typing import Final

from quartet.cli.application import use
from quartet.console.command import run
from quartet.console.settings import load_console_settings
from quartet.engine.errors import ConfigurationError
from quartet.process.application import load_application

_REFUSED: Final = 2


def main(arguments: Sequence[str]) -> None:
    """Run until SIGTERM or SIGINT. Exits with 2 and one line if a person must change something first."""
    try:
        if len(arguments) != 1:
            raise ConfigurationError("expected one argument: package.module:APP")  # noqa: TRY301 -- one way out
        use(load_application(arguments[0]))
        run(load_console_settings())
    except ConfigurationError as error:
        sys.stderr.write(f"quartet.console: {error}\n")
        sys.exit(_REFUSED)


if __name__ == "__main__":
    main(sys.argv[1:])
