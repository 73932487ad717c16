"""What is done with the rows: pyarrow reads and writes them, DuckDB knows the rules. Bytes in, bytes out."""

from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO

import duckdb
import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq

COLUMNS = ("sensor", "taken_at", "value")
# A reading that breaks a rule is rejected with the first one that it breaks; NULL: it breaks none.
_PROBLEM = """
    CASE WHEN sensor = '' THEN 'no sensor'
         WHEN TRY_CAST(taken_at AS TIMESTAMP) IS NULL THEN 'no time'
         WHEN TRY_CAST(value AS DOUBLE) IS NULL OR NOT isfinite(CAST(value AS DOUBLE)) THEN 'no number'
    END
"""


class UnusableError(Exception):
    """The bytes are no file of readings."""


@dataclass(frozen=True, slots=True)
class Sorted:
    """A file, sorted into good and bad rows, each as Parquet.

    Attributes:
        is_unique: whether no sensor has two good readings of one time.
    """

    good: bytes
    bad: bytes
    good_rows: int
    bad_rows: int
    is_unique: bool


@lru_cache(maxsize=8)
def sort(content: bytes) -> Sorted:
    """Sort the rows of a file.

    Raises:
        UnusableError: it is no CSV file with the columns of a reading.
    """
    with duckdb.connect() as connection:
        connection.register("landed", _read(content))
        judged = connection.sql(f"SELECT *, {_PROBLEM} AS problem FROM landed")  # noqa: S608 -- all of it is above
        good = judged.filter("problem IS NULL").project(
            "sensor, CAST(taken_at AS TIMESTAMP) AS taken_at, CAST(value AS DOUBLE) AS value"
        )
        different = len(good.project("sensor, taken_at").distinct())
        good_table, bad_table = good.to_arrow_table(), judged.filter("problem IS NOT NULL").to_arrow_table()
    return Sorted(
        _parquet(good_table),
        _parquet(bad_table),
        good_table.num_rows,
        bad_table.num_rows,
        is_unique=different == good_table.num_rows,
    )


def landed_rows(content: bytes) -> int:
    """How many rows a file has; none if it is no file of readings."""
    try:
        return int(_read(content).num_rows)
    except UnusableError:
        return 0


def parquet_rows(content: bytes) -> int:
    """How many rows a Parquet file has."""
    return int(pq.ParquetFile(BytesIO(content)).metadata.num_rows)


def _read(content: bytes) -> pa.Table:
    """Every value as text: what is no number is a bad row, not a bad file."""
    text = dict.fromkeys(COLUMNS, pa.string())
    try:
        options = pc.ConvertOptions(column_types=text, include_columns=list(COLUMNS), strings_can_be_null=False)
        return pc.read_csv(BytesIO(content), convert_options=options)
    except (pa.ArrowInvalid, pa.ArrowKeyError) as error:
        raise UnusableError(str(error)) from error


def _parquet(table: pa.Table) -> bytes:
    sink = BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue()
