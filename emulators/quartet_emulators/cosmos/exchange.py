"""One request and its answer, free of HTTP machinery: all that the rest of the emulator knows of the wire."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

from quartet_emulators.cosmos.errors import bad_request


@dataclass(slots=True)
class Call:
    """A request as it entered: the path without query string, split and percent-decoded."""

    method: str
    segments: list[str]
    headers: Mapping[str, str]
    body: bytes
    host: str = ""
    scheme: str = "http"

    def flag(self, header: str) -> bool:
        """Whether a boolean header is set; clients write it as ``true`` or ``True``."""
        value = self.headers.get(header)
        return value is not None and value.lower() == "true"

    def page_size(self, default: int, most: int) -> int:
        """How many entries one page may hold: ``x-ms-max-item-count``, -1 leaving it to the server.

        Raises:
            CosmosError: 400, if the header is not a whole number, 0, or below -1.
        """
        text = self.headers.get("x-ms-max-item-count")
        if text is None:
            return default
        try:
            wanted = int(text)
        except ValueError:
            wanted = 0
        if wanted == 0 or wanted < -1:
            raise bad_request(f"x-ms-max-item-count must be -1 or a positive number, not {text!r}.")
        return most if wanted == -1 else min(wanted, most)


@dataclass(slots=True)
class Answer:
    """What goes back: a body of JSON (empty for none) and the headers that are particular to this answer."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


def segments_of(target: str) -> list[str]:
    """The path of a request's target, split and percent-decoded."""
    path = target.partition("?")[0]
    segments = [part for part in path.split("/") if part]
    return [unquote(part) for part in segments] if "%" in path else segments
