"""What the processes have said is shown only when one of them has died."""

import pytest

from quartet.cli.bench.last_lines import LastLines


def test_the_last_lines_go_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    lines = LastLines()
    for number in range(100):
        lines("order", f"line {number}")
    assert capsys.readouterr() == ("", "")
    lines.tell()
    out, err = capsys.readouterr()
    assert out == ""
    assert "line 99" in err
    assert "line 69" not in err
