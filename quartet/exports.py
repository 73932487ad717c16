"""Public names that are imported when they are first used, so that who needs a decision alone loads no SDK."""

from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from typing import Any


def exported(package: str, homes: Mapping[str, Iterable[str]]) -> Callable[[str], Any]:
    """A module's `__getattr__`: the names of `homes`, each from the module of `quartet` that defines it."""
    home_of = {name: module for module, names in homes.items() for name in names}

    def find(name: str) -> Any:  # noqa: ANN401 -- whatever has this name
        if name not in home_of:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(import_module(f"quartet.{home_of[name]}"), name)

    return find
