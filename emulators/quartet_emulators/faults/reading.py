"""A plan of faults as JSON, checked before anything of it is used."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from quartet_emulators.faults.catalogue import KINDS, MATCHES
from quartet_emulators.faults.rule import Rule

_COMMON: Final = ("name", "server", "fault", "match", "probability", "every", "first", "limit")
_TRIGGERS: Final = ("probability", "every", "first")
_COUNTS: Final = ("every", "first", "limit", "events", "versions", "retry_after_ms")
_LONGEST: Final = 3600.0


class FaultsError(Exception):
    """A plan that cannot be used: one line, which names the rule and the field."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Rules and the seed of their decisions."""

    seed: int = 0
    rules: tuple[Rule, ...] = ()


def read_plan_file(path: Path) -> Plan:
    """Read a plan from a file.

    Raises:
        FaultsError: it cannot be read or used.
    """
    try:
        return read_plan(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise FaultsError(f"{path}: {error.strerror}") from error
    except ValueError as error:  # not UTF-8, or not JSON
        raise FaultsError(f"{path}: not JSON: {error}") from error
    except FaultsError as error:
        raise FaultsError(f"{path}: {error}") from error


def read_plan(value: object) -> Plan:
    """`{"seed": 7, "rules": [{"server": ..., "fault": ..., ...}]}`, checked.

    Raises:
        FaultsError: it cannot be used.
    """
    if not isinstance(value, dict) or not isinstance(value.get("rules"), list):
        raise FaultsError('expected an object with a list "rules"')
    if unknown := sorted(set(value) - {"seed", "rules"}):
        raise FaultsError(f"unknown field {unknown[0]!r}; known are 'seed' and 'rules'")
    seed = value.get("seed", 0)
    if type(seed) is not int:
        raise FaultsError(f"seed: expected a whole number, not {seed!r}")
    rules = tuple(_rule(entry, number) for number, entry in enumerate(value["rules"], start=1))
    names = [rule.name for rule in rules]
    for name in names:
        if names.count(name) > 1:
            raise FaultsError(f"two rules have the name {name!r}")
    return Plan(seed, rules)


def _rule(entry: object, number: int) -> Rule:
    where = f"rule {number}"
    if not isinstance(entry, dict):
        raise FaultsError(f"{where}: expected an object, not {entry!r}")
    server, fault = _choice(where, entry, "server", KINDS), ""
    fault = _choice(where, entry, "fault", KINDS[server])
    kind = KINDS[server][fault]
    where = f"{where} ({server} {fault})"
    known = (*_COMMON, *kind.parameters)
    if unknown := [name for name in entry if name not in known]:
        raise FaultsError(f"{where}: unknown field {unknown[0]!r}; known are {', '.join(known)}")
    if len(given := [name for name in _TRIGGERS if name in entry]) > 1:
        raise FaultsError(f"{where}: {given[0]} and {given[1]} exclude each other")
    fields: dict[str, Any] = {"name": f"{number} {fault}", "seconds": kind.lasts, **entry}
    _check_values(where, fields)
    fields["match"] = _match(where, server, fields.get("match", {}))
    return Rule(**fields)


def _choice(where: str, entry: Mapping[str, object], field: str, known: Mapping[str, object]) -> str:
    value = entry.get(field)
    if not isinstance(value, str) or value not in known:
        raise FaultsError(f"{where}: {field}: expected one of {', '.join(known)}, not {value!r}")
    return value


def _match(where: str, server: str, match: object) -> dict[str, str]:
    known = MATCHES[server]
    if not isinstance(match, dict):
        raise FaultsError(f"{where}: match: expected an object of globs, not {match!r}")
    for name, glob in match.items():
        if name not in known:
            raise FaultsError(f"{where}: match: unknown field {name!r}; known are {', '.join(known)}")
        if not isinstance(glob, str):
            raise FaultsError(f"{where}: match: {name}: expected a glob, not {glob!r}")
    return dict(match)


def _check_values(where: str, fields: Mapping[str, object]) -> None:
    name = fields["name"]
    if not isinstance(name, str) or not name:
        raise FaultsError(f"{where}: name: expected a text, not {name!r}")
    if not isinstance(fields.get("applied", False), bool):
        raise FaultsError(f"{where}: applied: expected true or false, not {fields['applied']!r}")
    for field in _COUNTS:
        value = fields.get(field, 1)
        if type(value) is not int or value < 1:
            raise FaultsError(f"{where}: {field}: expected a whole number from 1 on, not {value!r}")
    for field, most in (("probability", 1.0), ("seconds", _LONGEST)):
        value = fields.get(field, 0)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
            raise FaultsError(f"{where}: {field}: expected a number from 0 to {most:g}, not {value!r}")
