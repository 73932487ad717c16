"""`python -m tests.saga.listing_modules MODULE`: run a service, and print the modules that it has loaded at its end."""

import atexit
import runpy
import sys

LISTED = "loaded: "


def _list() -> None:
    sys.stdout.write("".join(f"{LISTED}{name}\n" for name in sorted(sys.modules)))


if __name__ == "__main__":
    module = sys.argv.pop(1)
    atexit.register(_list)
    runpy.run_module(module, run_name="__main__", alter_sys=True)
