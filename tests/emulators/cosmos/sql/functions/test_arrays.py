"""Most of the expected values are those of the examples on Microsoft's page of the function."""

import pytest
from quartet_emulators.cosmos.json_text import Json
from quartet_emulators.cosmos.sql.values import UNDEFINED

from tests.emulators.cosmos.sql.evaluation import value


@pytest.mark.parametrize(
    ("arguments", "all_of", "any_of"),
    [
        ("[1, true, '3', [1,2,3]], 1, true, '3', [1,2,3]", True, True),
        ("[1, 2, 3, 4], 2, 3, 4, 5", False, True),
        ("[1, 2, 3, 4], 1, undefined", UNDEFINED, True),
        ("[1, 2, 3, 4], 5, 6, 7, 8", False, False),
        ("[], 1, 2, 3", False, False),
        ("[1, 2, 3, 4], 5, undefined", False, UNDEFINED),
        ("[1], true", False, False),
        ("'1', 1", UNDEFINED, UNDEFINED),
    ],
)
def test_contained_values(arguments: str, all_of: Json, any_of: Json) -> None:
    """The pages ARRAY_CONTAINS_ALL and ARRAY_CONTAINS_ANY; an undefined value is neither there nor missing."""
    assert value(f"ARRAY_CONTAINS_ALL({arguments})") is all_of
    assert value(f"ARRAY_CONTAINS_ANY({arguments})") is any_of


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("ARRAY_SUM([1, 2, 3, 4])", 10),
        ("ARRAY_SUM([1, 2, 3, 4, undefined])", 10),
        ("ARRAY_SUM(['abc', 'ABC', 'aBc', 'AbC'])", UNDEFINED),
        ("ARRAY_SUM([12, 'abc', true, false, null, undefined])", UNDEFINED),
        ("ARRAY_AVG([1, 2, 3, 4])", 2.5),
        ("ARRAY_AVG([1.0, 2.0, 3.3, 4.7])", 2.75),
        ("ARRAY_AVG([1, -2.7, 3, -4, undefined])", -0.675),
        ("ARRAY_AVG(['abc', 'ABC', 'aBc', 'AbC'])", UNDEFINED),
        ("ARRAY_MEDIAN([1, 2, 3, 4])", 2.5),
        ("ARRAY_MEDIAN([1.0, 2.0, 3.3, 4.7, 7.8])", 3.3),
        ("ARRAY_MEDIAN([1, -2.7, 3, -4, undefined])", -0.8500000000000001),
        ("ARRAY_MEDIAN([12, 'abc', true, false, null, undefined])", UNDEFINED),
        ("ARRAY_MAX([1, 2, 3, 4])", 4),
        ("ARRAY_MAX(['abc', 'ABC', 'aBc', 'AbC'])", "abc"),
        ("ARRAY_MAX([true, false])", True),
        ("ARRAY_MAX([null, null])", None),
        ("ARRAY_MAX([12, 'abc', true, false, null, undefined])", "abc"),
        ("ARRAY_MIN([1, 2, 3, 4])", 1),
        ("ARRAY_MIN(['abc', 'ABC', 'aBc', 'AbC'])", "ABC"),
        ("ARRAY_MIN([true, false])", False),
        ("ARRAY_MIN([null, null])", None),
        ("ARRAY_MIN([12, 'abc', true, false, null, undefined])", None),
    ],
)
def test_aggregates_of_an_array(call: str, expected: Json) -> None:
    """The pages ARRAY_SUM, ARRAY_AVG, ARRAY_MEDIAN, ARRAY_MAX and ARRAY_MIN."""
    found = value(call)
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize("name", ["ARRAY_AVG", "ARRAY_MEDIAN", "ARRAY_MAX", "ARRAY_MIN"])
def test_nothing_has_no_mean_and_no_extreme(name: str) -> None:
    assert value(f"{name}([])") is UNDEFINED
    assert value(f"{name}('1')") is UNDEFINED


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("SetDifference([1, 2, 3], [1, 2, 6, 7])", [3]),
        ("SetDifference([1, 2, 6, 7], [1, 2, 3])", [6, 7]),
        ("SetDifference([1, 2, 3, 4], [1, 2, 3, 4, 5, 6])", []),
        ("SetDifference([], [1, 2, 3])", []),
        ("SetDifference([1, 2, 3], [])", [1, 2, 3]),
        ("SetDifference([1, 1, 1, 1], [2, 3, 4])", [1]),
        ("SetDifference([1], 1)", UNDEFINED),
        ("SetEqual([1, 2, 3], [1, 2, 3])", True),
        ("SetEqual([1, 2, 3], [3, 2, 1])", True),
        ("SetEqual([1, 2, 3, 3], [1, 2, 2, 3, 1, 2])", True),
        ("SetEqual([], [1, 2, 3])", False),
        ("SetEqual([1, true, 'abc'], [true, 1, 'abc'])", True),
        ("SetEqual([1, 1, 1, 1], [2, 3, 4])", False),
        ("SetEqual([1], [true])", False),
        ("SetIntersect([1, 2, 3, 4], [3, 4, 5, 6])", [3, 4]),
        ("SetIntersect([1, 2, 3, 4], [])", []),
        ("SetIntersect([1, 2, 3, 4], [1, 1, 1, 1])", [1]),
        ("SetIntersect([1, 2, 3, 4], ['A', 'B'])", []),
        ("SetIntersect([1, 2, 'A', 'B'], ['A', 1])", ["A", 1]),
        ("SetUnion([1, 2, 3, 4], [3, 4, 5, 6])", [1, 2, 3, 4, 5, 6]),
        ("SetUnion([1, 2, 3, 4], [])", [1, 2, 3, 4]),
        ("SetUnion([1, 2, 3, 4], [1, 1, 1, 1])", [1, 2, 3, 4]),
        ("SetUnion([1, 2, 'A', 'B'], ['A', 1])", [1, 2, "A", "B"]),
        ("SetUnion([1], undefined)", UNDEFINED),
    ],
)
def test_arrays_as_sets(call: str, expected: Json) -> None:
    """The pages SETDIFFERENCE, SETEQUAL, SETINTERSECT and SETUNION."""
    assert value(call) == expected


def test_the_numbers_of_results_have_no_needless_fraction() -> None:
    """The service writes 2, as on the page SQRT: all its numbers are doubles, and JSON has one kind."""
    found = value("[SQRT(4), 6 / 3, POWER(3, 3), 5.5 - 0.5, ARRAY_AVG([1, 3])]")
    assert [repr(number) for number in found] == ["2", "2", "27", "5", "2"]
