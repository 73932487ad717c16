"""Most of the expected values are those of the examples on Microsoft's page of the function."""

from math import isclose

import pytest
from quartet_emulators.cosmos.json_text import Json
from quartet_emulators.cosmos.sql.compile import compiled
from quartet_emulators.cosmos.sql.values import UNDEFINED

from tests.emulators.cosmos.sql.evaluation import value


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("IntAdd(20, 10)", 30),
        ("IntAdd(20, 0)", 20),
        ("IntAdd(20, 0.10)", UNDEFINED),
        ("IntSub(25, 50)", -25),
        ("IntSub(25, 25)", 0),
        ("IntSub(25, 2.5)", UNDEFINED),
        ("IntMul(5, -2)", -10),
        ("IntMul(5, IntMul(5, 5))", 125),
        ("IntMul(5, 0.5)", UNDEFINED),
        ("IntDiv(10, -2)", -5),
        ("IntDiv(-10, -2)", 5),
        ("IntDiv(10, 0)", UNDEFINED),
        ("IntDiv(10, 0.1)", UNDEFINED),
        ("IntMod(12, 5)", 2),
        ("IntMod(12, -5)", 2),
        ("IntMod(-12, -5)", -2),
        ("IntMod(12, 0)", UNDEFINED),
        ("IntBitAnd(15, 25)", 9),
        ("IntBitAnd(15, 1.5)", UNDEFINED),
        ("IntBitOr(56, 100)", 124),
        ("IntBitXor(56, 100)", 92),
        ("IntBitXor(56, 56)", 0),
        ("IntBitNot(65)", -66),
        ("IntBitNot(0)", -1),
        ("IntBitNot(0.1)", UNDEFINED),
        ("IntBitLeftShift(16, 4)", 256),
        ("IntBitLeftShift(16, 0.4)", UNDEFINED),
        ("IntBitRightShift(16, 4)", 1),
        ("IntBitRightShift(16, 0.4)", UNDEFINED),
    ],
)
def test_integers(call: str, expected: Json) -> None:
    """The pages INTADD to INTSUB."""
    found = value(call)
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("IntAdd(9223372036854775806, 1)", 9223372036854775807),
        ("IntAdd(9223372036854775807, 1)", UNDEFINED),
        ("IntAdd(18446744073709551615, -1)", UNDEFINED),
        ("IntDiv(-7, 2)", -3),
        ("IntBitAnd(9223372036854775807, -1)", 9223372036854775807),
        ("IntBitLeftShift(1, 63)", -9223372036854775808),
        ("IntBitLeftShift(3, 63)", -9223372036854775808),
        ("IntBitLeftShift(1, 64)", UNDEFINED),
        ("IntBitRightShift(-16, 2)", -4),
        ("IntBitRightShift(16, -1)", UNDEFINED),
        ("IntAdd('1', 1)", UNDEFINED),
        ("IntAdd(true, 1)", UNDEFINED),
        ("IntAdd(2.0, 1)", 3),
    ],
)
def test_integers_have_64_bits(call: str, expected: Json) -> None:
    """The page INTBITAND says so of its result; what is beyond them is not documented, and undefined here."""
    assert value(call) == expected


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("3454.123", False),
        ("5523432", True),
        ("-9223372036854775808", True),
        ("9223372036854775807", True),
        ("18446744073709551615", False),
        ("1e300", False),
        ("9" * 400, False),
        ("2.0", True),
        ("'2'", False),
    ],
)
def test_what_is_an_integer(number: str, expected: bool) -> None:
    """The page IS_INTEGER: 64 bits with a sign."""
    assert value(f"IS_INTEGER({number})") is expected


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("1234.567", True),
        ("8.9 / 0.0", False),
        ("SQRT(-1.0)", False),
        ("Infinity", False),
        ("NaN", False),
        ("-1e999", False),
        ("'1'", False),
    ],
)
def test_what_is_a_finite_number(number: str, expected: bool) -> None:
    """The page IS_FINITE_NUMBER."""
    assert value(f"IS_FINITE_NUMBER({number})") is expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("ToString(NaN)", "NaN"),
        ("ToString(Infinity)", "Infinity"),
        ("ToString(-Infinity)", "-Infinity"),
        ("StringToNumber(NaN)", UNDEFINED),
        ("StringToNumber(Infinity)", UNDEFINED),
        ("StringToNumber('NaN')", UNDEFINED),
        ("StringToNumber('1e999')", UNDEFINED),
        ("StringToNumber('-1.79769e+308')", -1.79769e308),
        ("Infinity + 1", UNDEFINED),
        ("{'NaN': 1}.NaN", 1),
    ],
)
def test_numbers_with_a_name(expression: str, expected: Json) -> None:
    """The pages TOSTRING and STRINGTONUMBER."""
    assert value(expression) == expected


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("ACOS(-1)", 3.141592653589793),
        ("ASIN(1)", 1.5707963267948966),
        ("ATAN(-45.01)", -1.5485826962062663),
        ("ATN2(35.175643, 129.44)", 0.265344532064832),
        ("COS(14.78)", -0.5994654261946543),
        ("COT(124.1332)", -0.040311998371148884),
        ("DEGREES(1.5707963267948966)", 90),
        ("DEGREES(4.71238898038469)", 270),
        ("RADIANS(90)", 1.5707963267948966),
        ("RADIANS(270)", 4.71238898038469),
        ("SIN(45.175643)", 0.929607286611012),
        ("TAN(PI()/2)", 16331239353195370),
        ("TAN(124.1332)", -24.80651023035602),
    ],
)
def test_angles(call: str, expected: float) -> None:
    """The pages of the functions. The last digit of a result is the processor's."""
    assert isclose(value(call), expected, rel_tol=1e-14)


@pytest.mark.parametrize("call", ["ACOS(2)", "ASIN(-2)", "COT(0)", "SIN('1')", "ATN2(1, null)", "DEGREES(c.missing)"])
def test_angles_that_there_are_not(call: str) -> None:
    assert value(call) is UNDEFINED


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("37.752, -100", 100),
        ("37.752, 10", 30),
        ("37.752, 1", 37),
        ("37.752", 37),
        ("37.752, 0", UNDEFINED),
        ("37.752, 0.1", 37.7),
        ("37.752, 0.01", 37.75),
        ("'37', 1", UNDEFINED),
    ],
)
def test_bins_of_numbers(arguments: str, expected: Json) -> None:
    """The page NUMBERBIN; its default is a bin of 1."""
    assert value(f"NumberBin({arguments})") == expected


def test_each_row_draws_its_own_number() -> None:
    """The page RAND: from zero to one."""
    drawn = list(compiled("SELECT VALUE RAND() FROM c").rows([{}] * 50, {}, 0.0))
    assert all(0 <= number < 1 for number in drawn)
    assert len(set(drawn)) == len(drawn)
