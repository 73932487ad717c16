"""The tables of the page are those of the last comparison and of the sources as they are."""

from tests.both_styles.page import FIGURES, OWN, PAGE, PICTURES, SHARED, files, lines_of_code, with_tables


def test_the_tables_of_the_page_are_made_by_the_run() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert with_tables(page) == page, "run: python -m tests.both_styles.page"


def test_the_pictures_are_there() -> None:
    assert FIGURES.is_file()
    for name in ("latency.svg", "cost.svg"):
        assert (PICTURES / name).is_file()
        assert f"pictures/both-styles/{name}" in PAGE.read_text(encoding="utf-8")


def test_every_file_of_the_services_is_counted_once() -> None:
    shared = files(SHARED, without="services/orchestrator/")
    choreographed = files(OWN["choreographed"], without="services/orchestrator/")
    orchestrated = files(OWN["orchestrated"])
    assert not set(shared) & set(choreographed)
    counted = {path.as_posix() for path in (*shared, *choreographed, *orchestrated)}
    uncounted = [
        path.as_posix()
        for path in files(["services/*.py", "services/[iops]*/*.py"], without="services/operations/")
        if path.as_posix() not in counted and path.name not in {"__init__.py", "bank.py"}
    ]
    assert uncounted == []


def test_only_code_is_counted() -> None:
    text = '"""A page."""\n\nimport os  # why\n\n\ndef f():\n    """What\n    it does."""\n    # why\n    os.abort()\n'
    assert lines_of_code(text) == 3
