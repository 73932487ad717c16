"""The tests of a worker share one running shop, whichever files they stand in: what one test stocks is its own."""

import ast
from collections import Counter
from pathlib import Path

TESTS = Path(__file__).parents[1]


def stocked() -> list[str]:
    """The products that tests put on the shelf of the shared shop, each as often as it is written."""
    files = [path for room in ("saga", "faults") for path in sorted((TESTS / room).glob("test_*.py"))]
    calls = [node for path in files for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    return [
        keyword.arg
        for call in calls
        if isinstance(call.func, ast.Attribute) and call.func.attr == "stock"
        for keyword in call.keywords
        if keyword.arg is not None
    ]


def test_no_two_tests_stock_the_same_product() -> None:
    """A second one would fail with a conflict, but only when the same worker gets both files."""
    counts = Counter(stocked())
    assert len(counts) > 10
    assert [product for product, times in counts.items() if times > 1] == []
