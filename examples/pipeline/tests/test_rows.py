"""Which rows are good, which are bad, and which bytes are no file of readings."""

import pytest

from examples.pipeline.rows import UnusableError, landed_rows, parquet_rows, sort
from examples.pipeline.tests.files import GOOD, HEAD, MIXED, NO_CSV, TWICE


@pytest.mark.parametrize(
    ("row", "is_good"),
    [
        ("s-1,2026-11-26 10:00,1.5", True),
        ("s-1,2026-11-26T10:00:00,-1e3", True),
        ('"a, b",2026-11-26 10:00,0', True),
        (",2026-11-26 10:00,1.5", False),
        ("s-1,,1.5", False),
        ("s-1,soon,1.5", False),
        ("s-1,2026-11-31 10:00,1.5", False),
        ("s-1,2026-11-26 10:00,", False),
        ("s-1,2026-11-26 10:00,much", False),
        ("s-1,2026-11-26 10:00,nan", False),
        ("s-1,2026-11-26 10:00,inf", False),
    ],
)
def test_a_row_is_good_or_bad(row: str, is_good: bool) -> None:
    found = sort(f"{HEAD}{row}\n".encode())
    assert (found.good_rows, found.bad_rows) == ((1, 0) if is_good else (0, 1))


def test_no_row_is_lost_and_none_is_added() -> None:
    found = sort(MIXED.encode())
    assert (parquet_rows(found.good), parquet_rows(found.bad)) == (found.good_rows, found.bad_rows) == (3, 2)
    assert landed_rows(MIXED.encode()) == 5


def test_a_sensor_has_one_value_at_one_time() -> None:
    assert sort(GOOD.encode()).is_unique
    assert not sort(TWICE.encode()).is_unique


@pytest.mark.parametrize(
    "content",
    [b"", NO_CSV.encode(), b"sensor,value\ns-1,2\n", f"{HEAD}s-1,2\n".encode(), f"{HEAD}\xff".encode("latin-1")],
)
def test_what_is_no_file_of_readings_is_refused(content: bytes) -> None:
    with pytest.raises(UnusableError):
        sort(content)
    assert landed_rows(content) == 0


def test_columns_may_stand_in_any_order_beside_others() -> None:
    found = sort(b"unit,value,sensor,taken_at\nC,1.5,s-1,2026-11-26 10:00\n")
    assert (found.good_rows, found.bad_rows) == (1, 0)
