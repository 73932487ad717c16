"""The tests of a worker share one running shop, whichever files they stand in: what one test stocks is its own."""

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).parents[1]


def sharers() -> Iterator[ast.AST]:
    """The functions that are given a shop. Those that start one have it for themselves."""
    for path in sorted(TESTS.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and _is_given_a_shop(node):
                yield node


def _is_given_a_shop(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return "shop" in {argument.arg for argument in function.args.args}


def stocked() -> list[str]:
    """The products that tests put on the shelf of the shared shop, each as often as it is written."""
    calls = [node for function in sharers() for node in ast.walk(function) if isinstance(node, ast.Call)]
    return [
        keyword.arg
        for call in calls
        if isinstance(call.func, ast.Attribute) and call.func.attr == "stock"
        for keyword in call.keywords
        if keyword.arg is not None
    ]


def test_no_two_tests_stock_the_same_product() -> None:
    """The second would put pieces back that orders have got, but only when the same worker gets both tests."""
    counts = Counter(stocked())
    assert len(counts) > 10
    assert [product for product, times in counts.items() if times > 1] == []
