"""Run one participant of an application: `python -m quartet.process package.module:APP NAME`."""

import sys
from collections.abc import Sequence
from typing import Final

from quartet.engine.errors import ConfigurationError
from quartet.process.application import load_application

_REFUSED: Final = 2


def main(arguments: Sequence[str]) -> None:
    """Run until SIGTERM or SIGINT. Exits with 2 and one line if a person must change something first."""
    try:
        path, name = arguments
        application = load_application(path).choreography
        service = application.service(name)
    except ValueError:
        problem = "expected two arguments: package.module:APP NAME"
    except KeyError:
        problem = f"{path} has no service {name}: it is one of {', '.join(application.names)}"
    except ConfigurationError as error:
        problem = str(error)
    else:
        service.main()
        return
    sys.stderr.write(f"quartet.process: {problem}\n")
    sys.exit(_REFUSED)


if __name__ == "__main__":
    main(sys.argv[1:])
