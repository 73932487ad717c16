"""The table of functions in docs/emulators.md. To print it: ``python -m tests.emulators.cosmos.sql.function_table``."""

import sys

from quartet_emulators.cosmos.sql.functions.known import KNOWN_FUNCTIONS
from quartet_emulators.cosmos.sql.functions.supported import SUPPORTED_FUNCTIONS


def lines() -> list[str]:
    """One row for each family: the functions that the emulator has, and those that it refuses."""
    rows = ["| family | the emulator has | refused |", "|---|---|---|"]
    for family, names in KNOWN_FUNCTIONS.items():
        found = [f"`{name}`" for name in names if name in SUPPORTED_FUNCTIONS]
        missing = [f"`{name}`" for name in names if name not in SUPPORTED_FUNCTIONS]
        rows.append(f"| {family} | {', '.join(found) or 'none'} | {', '.join(missing) or 'none'} |")
    return rows


if __name__ == "__main__":
    sys.stdout.write("\n".join(lines()) + "\n")
