"""Which files of Capture belong to which partition. Nothing but their names is looked at."""

from collections.abc import Mapping
from pathlib import Path

from quartet.console.projection.facts import Place
from quartet.engine.errors import ConfigurationError


def captured_files(directory: Path, labels: Mapping[str, str]) -> dict[Place, list[Path]]:
    """The files below a directory, by partition, in the order of their names.

    A record does not say where it was read, but the path of its file does: `…/HUB/PARTITION/….avro`, as in the
    service's default name format. `labels` are the labels of the application's hubs by their names.

    Raises:
        ConfigurationError: there is no such directory or no file; a file is of no hub of the application; or the files
            of one hub come from several namespaces.
    """
    if not directory.is_dir():
        raise ConfigurationError(f"--capture {directory}: is no directory; download the files of Capture into one")
    found: dict[Place, list[Path]] = {}
    roots: dict[str, Path] = {}
    for file in sorted(directory.rglob("*.avro")):
        root, hub, partition = _named(file.relative_to(directory), labels, directory)
        if roots.setdefault(hub, root) != root:
            raise ConfigurationError(
                f"--capture {directory}: {hub} is there twice, in {roots[hub]} and {root}; leave one of them"
            )
        found.setdefault(Place(labels[hub], partition), []).append(file)
    if not found:
        raise ConfigurationError(f"--capture {directory}: there is no .avro file in it")
    return found


def _named(file: Path, labels: Mapping[str, str], directory: Path) -> tuple[Path, str, str]:
    """What lies above the hub, the hub, and the partition."""
    parts = file.parts
    for index in range(len(parts) - 2):
        if parts[index] in labels and parts[index + 1].isascii() and parts[index + 1].isdecimal():
            return Path(*parts[:index]), parts[index], parts[index + 1]
    hubs = ", ".join(sorted(labels))
    raise ConfigurationError(
        f"--capture {directory}: {file} is in no HUB/PARTITION/ of this application ({hubs}); "
        "keep the service's default name format, or leave the file out"
    )
