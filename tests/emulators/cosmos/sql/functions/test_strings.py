"""Most of the expected values are those of the examples on Microsoft's page of the function."""

import pytest
from quartet_emulators.cosmos.json_text import Json
from quartet_emulators.cosmos.sql.values import UNDEFINED

from tests.emulators.cosmos.sql.evaluation import value


@pytest.mark.parametrize(
    ("function", "parts", "expected"),
    [
        ("ALL_CI", "'have', 'nice', 'day!'", True),
        ("ALL_CI", "'HAVE', 'NICE', 'DAY!'", True),
        ("ALL_CI", "'had', 'nice', 'day!'", False),
        ("ALL_CI", "undefined, 'nice', 'day!'", UNDEFINED),
        ("ALL_CI", "undefined, 'had'", False),
        ("ALL_CS", "'Have', 'nice', 'day!'", True),
        ("ALL_CS", "'HAVE', 'NICE', 'DAY!'", False),
        ("ALL_CS", "'had', 'nice', 'day!'", False),
        ("ALL_CS", "undefined, 'nice', 'day!'", UNDEFINED),
        ("ALL_CS", "undefined, 'had'", False),
        ("ANY_CI", "'have', 'nice', 'day!'", True),
        ("ANY_CI", "'HAVE', 'NICE', 'DAY!'", True),
        ("ANY_CI", "'had', 'nice', 'day!'", True),
        ("ANY_CI", "undefined, 'nice', 'day!'", True),
        ("ANY_CI", "undefined, 'had'", UNDEFINED),
        ("ANY_CS", "'have', 'nice', 'day!'", True),
        ("ANY_CS", "'HAVE', 'NICE', 'DAY!'", False),
        ("ANY_CS", "'had', 'nice', 'day!'", True),
        ("ANY_CS", "undefined, 'nice', 'day!'", True),
        ("ANY_CS", "undefined, 'had'", UNDEFINED),
    ],
)
def test_contained_texts(function: str, parts: str, expected: Json) -> None:
    """The pages CONTAINS_ALL_CI to CONTAINS_ANY_CS.

    The first example of CONTAINS_ALL_CS says that "Have a nice day!" contains "have" in this case, which its own rule
    contradicts: it is the same as CONTAINS(text, part, false) for each part. Here it is asked for "Have".
    """
    assert value(f"CONTAINS_{function}('Have a nice day!', {parts})") is expected


def test_a_text_of_another_case_is_not_contained_with_case() -> None:
    assert value("CONTAINS_ALL_CS('Have a nice day!', 'have', 'nice', 'day!')") is False


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("LastIndexOf('abcdeabc', 'abc')", 5),
        ("LastIndexOf('abcdeabc', 'abc', 6)", 0),
        ("LastIndexOf('abcdeabc', 'abc', 7)", 5),
        ("LastIndexOf('abcdeabc', 'abc', 99)", 5),
        ("LastIndexOf('abcdeabc', 'abc', 1)", -1),
        ("LastIndexOf('abcdeabc', 'abc', -2)", -1),
        ("LastIndexOf('abcdeabc', 'fg')", -1),
        ("LastIndexOf('abcdeabc', 'abc', '6')", UNDEFINED),
        ("LastIndexOf(5, 'abc')", UNDEFINED),
        ("INDEX_OF('AdventureWorks', 'Works', 5)", 9),
        ("INDEX_OF('AdventureWorks', 'Adventure', 5)", -1),
        ("INDEX_OF('AdventureWorks', 'Works', 5.0)", 9),
        ("SubstringBefore('contoso|north|2026', '|')", "contoso"),
        ("SubstringBefore('bike::touring::frame', '::')", "bike"),
        ("SubstringAfter('contoso|north|2026', '|')", "north|2026"),
        ("SubstringAfter('bike::touring::frame', '::')", "touring::frame"),
        ("LastSubstringBefore('/products/shoes/boots', '/')", "/products/shoes"),
        ("LastSubstringBefore('bike::touring::frame', '::')", "bike::touring"),
        ("LastSubstringAfter('/products/shoes/boots', '/')", "boots"),
        ("LastSubstringAfter('bike::touring::frame', '::')", "frame"),
        ("LastSubstringAfter('boots', '/')", UNDEFINED),
        ("SubstringBefore('boots', '')", UNDEFINED),
        ("SubstringBefore(1, '/')", UNDEFINED),
    ],
)
def test_places_in_a_text(call: str, expected: Json) -> None:
    """The pages LASTINDEXOF, INDEX_OF, SUBSTRINGBEFORE, SUBSTRINGAFTER, LASTSUBSTRINGBEFORE, LASTSUBSTRINGAFTER."""
    assert value(call) == expected


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("'Handlebar', 'e'", ["Handl", "bar"]),
        ("'CARBON_STEEL_BIKE_WHEEL', '_'", ["CARBON", "STEEL", "BIKE", "WHEEL"]),
        ("'xenmoun mountain bike', 'moun'", ["xen", " ", "tain bike"]),
        ("'AluminumBikeFrame', undefined", UNDEFINED),
        ("'Helmet', ''", ["Helmet"]),
        ("'', ''", [""]),
    ],
)
def test_a_split_text(arguments: str, expected: Json) -> None:
    """The page STRINGSPLIT."""
    assert value(f"StringSplit({arguments})") == expected


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("TRIM('-- AdventureWorks --', '-')", " AdventureWorks "),
        ("TRIM('-_-AdventureWorks-_-', '-_')", "AdventureWorks"),
        ("LTRIM('AdventureWorks', 'Adventure')", "Works"),
        ("LTRIM('AdventureWorks', '')", "AdventureWorks"),
        ("RTRIM('AdventureWorks', 'Works')", "Adventure"),
        ("SUBSTRING('AdventureWorks', 0, -1)", ""),
        ("ToString(0.1234)", "0.1234"),
        ("ToString(125)", "125"),
        ("ToString(125.0)", "125"),
        ("ToString([1, 2, 3])", "[1,2,3]"),
        ("ToString(1e999)", "Infinity"),
    ],
)
def test_parts_of_a_text(call: str, expected: Json) -> None:
    """The pages TRIM, LTRIM, RTRIM, SUBSTRING and TOSTRING."""
    assert value(call) == expected


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("RegexMatch('abcd', 'ABC')", False),
        ("RegexMatch('abcd', 'ABC', 'i')", True),
        ("RegexMatch('abcd', 'aB c', 'ix')", True),
        ("RegexMatch('salt3824908', 'salt{1}')", True),
        ("RegexMatch('abcd', 'ABC', 'q')", UNDEFINED),
        ("RegexExtract('SKU-93821-BLUE', '[A-Z]+')", "SKU"),
        ("RegexExtract('SKU-93821-BLUE', '[0-9]+')", "93821"),
        ("RegexExtract('SKU-93821-BLUE', 'sku-([0-9]+)', 'i', 1)", "93821"),
        ("RegexExtract('SKU-93821-BLUE', 'sku-([0-9]+)', 'i', 0)", "SKU-93821"),
        ("RegexExtract('SKU-93821-BLUE', 'sku-([0-9]+)', 'i', 2)", UNDEFINED),
        ("RegexExtract('SKU', '[0-9]+')", UNDEFINED),
        ("RegexExtract('SKU', '[')", UNDEFINED),
        ("RegexExtractAll('A12-B34-C56', '[0-9]+')", ["12", "34", "56"]),
        ("RegexExtractAll('north-east-west', '[a-z]+')", ["north", "east", "west"]),
        ("RegexExtractAll('A12-B34', '([A-Z])[0-9]+', '', 1)", ["A", "B"]),
        ("RegexExtractAll('A', '[0-9]+')", []),
        ("RegexReplace('A12-B34-C56', '[0-9]+', '#')", "A#-B34-C56"),
        ("RegexReplaceAll('A12-B34-C56', '[0-9]+', '#')", "A#-B#-C#"),
        ("RegexReplaceAll('A12', '[0-9]+', 1)", UNDEFINED),
    ],
)
def test_regular_expressions(call: str, expected: Json) -> None:
    """The pages REGEXMATCH, REGEXEXTRACT, REGEXEXTRACTALL, REGEXREPLACE and REGEXREPLACEALL."""
    assert value(call) == expected


def test_a_number_that_no_double_holds() -> None:
    """Python itself refuses to read an integer of more than 4300 digits."""
    assert value(f"{'9' * 5000} > 1") is True
