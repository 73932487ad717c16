"""A port with scripted answers, which records its calls."""

from typing import Any


class Scripted:
    """Answers the calls of any port, one after the other. `asked` has the name and the arguments of each call."""

    def __init__(self, *answers: object) -> None:
        self._answers = list(answers)
        self.asked: list[tuple[Any, ...]] = []

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 -- a method of whatever port it plays
        async def answer(*arguments: object) -> object:
            self.asked.append((name, *arguments))
            return self._answers.pop(0)

        return answer
