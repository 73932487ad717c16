"""The files of a new participant, and the places of an application that must name it."""

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from quartet.cli.new.project_files import check_package_name, fill, template
from quartet.events import EventData
from quartet.local.hub_config import hub_config
from quartet.process.application import Application
from quartet.terminal.user_error import UserError

HUB_CONFIG: Final = Path("infra/Config.json")
COMPOSE: Final = Path("docker-compose.yml")


@dataclass(frozen=True, slots=True)
class Addition:
    """The changes of an application for a new participant.

    Attributes:
        made: the text of each new file, by its path.
        changed: the new text of each file that exists.
        by_hand: the steps that are left for a person, a line each.
    """

    made: dict[Path, str]
    changed: dict[Path, str]
    by_hand: tuple[str, ...]


def addition(application: Application, name: str, root: Path, now: datetime) -> Addition:
    """The changes that add a participant to the application in `root`.

    Raises:
        UserError: the name is taken or cannot be one, or the application does not say what begins a saga.
    """
    app = application.choreography
    check_package_name(name)
    if name in app.names:
        raise UserError(f"{app.name} has a participant {name} already: take another name")
    if not app.inputs:
        raise UserError(f"{app.name} does not say which event begins a saga: name it in inputs")
    module, _, variable = application.path.partition(":")
    package = module.rpartition(".")[0]
    if not package:
        raise UserError(f"{module} is no module of a package, so there is no place for a participant beside it")
    values = {
        **_events(app.inputs[0], app.events),
        "NAME": name, "Name": name.capitalize(), "PACKAGE": package, "APP_MODULE": module, "APP": variable,
        "STARTS": f"{now:%Y, %-m, %-d, %-H, %-M}",
    }  # fmt: skip
    directory = root / Path(*package.split("."))
    made = {
        directory / f"{name}.py": fill(template("participant/participant.py"), values),
        root / "tests" / f"test_{name}.py": fill(template("participant/test_participant.py"), values),
    }
    changed, by_hand = {}, []
    for path, text, advice in _changes(application, name, root):
        if text is None:
            by_hand.append(advice)
        else:
            changed[path] = text
    return Addition(made, changed, tuple(by_hand))


def _events(model: type[EventData], registry: object) -> dict[str, str]:
    """How a module imports an event and the registry: from the event's own module, or a package that it is in.

    Raises:
        UserError: none of them has both.
    """
    path = model.__module__
    while path:
        names = {name for name, value in vars(sys.modules[path]).items() if value is registry}
        if names and getattr(sys.modules[path], model.__name__, None) is model:
            found = min(names)
            imported = ", ".join(sorted({found, model.__name__}))
            return {"EVENTS_MODULE": path, "IMPORTED": imported, "REGISTRY": found, "EVENT": model.__name__}
        path = path.rpartition(".")[0]
    raise UserError(f"{model.__module__} does not hold the registry of its events: import both into one module")


def _changes(application: Application, name: str, root: Path) -> Iterator[tuple[Path, str | None, str]]:
    """Each file that has to name the participant, its new text if we know where, and what to do if not."""
    app, module = application.choreography, application.path.partition(":")[0]
    path = root / Path(*module.split(".")).with_suffix(".py")
    package = module.rpartition(".")[0]
    yield path, _in_application(_read(path), package, name), f"{path}: add {name}.SERVICE to the services"
    path = root / HUB_CONFIG
    config = json.dumps(hub_config(app.hub, (*app.names, name)), indent=2) + "\n"
    yield path, config if path.is_file() else None, f"the hub's configuration: add the consumer group {name}"
    path = root / COMPOSE
    yield path, _in_compose(_read(path), app.names[-1], name), f"{COMPOSE}: add a service that runs {name}"


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def _in_application(text: str, package: str, name: str) -> str | None:
    """The module of the application with the participant in it, if it imports and lists participants as ours do."""
    importing = re.search(rf"^from {re.escape(package)} import (?P<names>[a-z0-9_, ]+)$", text, re.MULTILINE)
    services = re.search(r"^SERVICES\b.*= \($(?:\n    .*)*", text, re.MULTILINE)
    if importing is None or services is None:
        return None
    names = ", ".join(sorted({*importing["names"].split(", "), name}))
    listed = text[: services.end()] + f"\n    {name}.SERVICE," + text[services.end() :]
    return listed[: importing.start("names")] + names + listed[importing.end("names") :]


def _in_compose(text: str, last: str, name: str) -> str | None:
    """The compose file with a service like that of the last participant."""
    block = re.search(rf"^  {re.escape(last)}:\n(?:    .*\n)+\n?", text, re.MULTILINE)
    if block is None:
        return None
    mine = re.sub(rf"(?<![A-Za-z0-9_-]){re.escape(last)}(?![A-Za-z0-9_-])", name, block[0])
    return text[: block.end()] + mine + text[block.end() :]
