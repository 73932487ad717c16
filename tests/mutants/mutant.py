"""A bug, as replacements in the source."""

from dataclasses import dataclass
from pathlib import Path


class NotPlantedError(Exception):
    """The text that a bug replaces is not there, or not once: the source has changed, and the bug must follow."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A planted bug.

    Attributes:
        name: what is wrong.
        file: where.
        replacements: texts, and the new text for each.
        case: chance seldom meets the moment at which it matters: every moment of this case is looked at first.
        proof: a test that finds it, where the simulation alone cannot.
    """

    name: str
    file: str
    replacements: tuple[tuple[str, str], ...]
    case: str | None = None
    proof: str | None = None

    def plant(self, root: Path) -> None:
        """Write it into the tree under `root`.

        Raises:
            NotPlantedError: a text is not there exactly once.
        """
        path = root / self.file
        source = path.read_text()
        for old, new in self.replacements:
            if (found := source.count(old)) != 1:
                raise NotPlantedError(f"{self.name}: {found} times in {self.file}: {old!r}")
            source = source.replace(old, new)
        path.write_text(source)


def mutant(name: str, file: str, *texts: str, case: str | None = None, proof: str | None = None) -> Mutant:
    """A bug whose replacements are given as old and new text in turn."""
    return Mutant(name, file, tuple(zip(texts[::2], texts[1::2], strict=True)), case, proof)
