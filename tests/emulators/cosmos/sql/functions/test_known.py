from pathlib import Path

import pytest
from quartet_emulators.cosmos.errors import CosmosError, UnsupportedError
from quartet_emulators.cosmos.sql.functions.known import ALL_KNOWN
from quartet_emulators.cosmos.sql.functions.supported import SUPPORTED_FUNCTIONS

from tests.emulators.cosmos.sql.evaluation import value
from tests.emulators.cosmos.sql.function_table import lines

GUIDE = Path(__file__).parents[5] / "docs" / "emulators.md"


def test_every_function_of_the_emulator_is_one_of_the_service() -> None:
    assert SUPPORTED_FUNCTIONS <= ALL_KNOWN


@pytest.mark.parametrize("name", sorted(ALL_KNOWN - SUPPORTED_FUNCTIONS))
def test_a_known_function_is_refused_as_missing(name: str) -> None:
    """The service has it, so the message must not say that there is no such function."""
    with pytest.raises(UnsupportedError, match=f"does not support the function {name}; the service does") as error:
        value(f"{name}(c.a, 1)")
    assert error.value.status == 400


def test_an_unknown_function_is_refused_as_such() -> None:
    with pytest.raises(CosmosError, match="'STRIKE' is not a recognized built-in function name") as error:
        value("STRIKE(c.a)")
    assert error.value.status == 400
    assert not isinstance(error.value, UnsupportedError)


def test_the_table_of_functions_in_the_documentation() -> None:
    """After a change: `python -m tests.emulators.cosmos.sql.function_table`."""
    assert "\n".join(lines()) in GUIDE.read_text()
