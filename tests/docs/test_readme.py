"""The front page shows a participant that runs, and stays short."""

import re

from tests.docs.blocks import GUIDE, ROOT, project


def test_the_participant_of_the_readme_is_the_one_that_the_guide_runs() -> None:
    [shown] = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    program = project(GUIDE / "first-participant.md")["cloakroom/participant.py"]
    handler, table = shown.split("\n\n")
    assert handler in program
    assert table in program
    assert len(shown.splitlines()) <= 20
