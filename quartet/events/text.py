"""Text as CloudEvents allows it, and text that is safe to quote in a line for people."""

import re
from typing import Final

from quartet.printable import printable

# https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md#type-system: a string contains no control
# characters, no lone surrogates and no noncharacters. Nothing else is refused: what else is "printable" depends on
# the Unicode tables of the interpreter, and two readers could disagree.
NONCHARACTERS: Final = "\ufdd0-\ufdef" + "".join(f"{chr(p << 16 | 0xFFFE)}-{chr(p << 16 | 0xFFFF)}" for p in range(17))
_FORBIDDEN = re.compile(f"[\x00-\x1f\x7f-\x9f\ud800-\udfff{NONCHARACTERS}]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_LONGEST_QUOTE = 100


def is_cloudevents_string(text: str) -> bool:
    """Whether the CloudEvents type String allows it."""
    # What Python calls printable contains none of the forbidden characters, and is found several times as fast.
    return text.isprintable() or _FORBIDDEN.search(text) is None


def has_surrogates(text: str) -> bool:
    """Whether it contains half of a surrogate pair, so that it cannot be written as UTF-8."""
    return _SURROGATE.search(text) is not None


def quoted(text: str) -> str:
    """The text for one line of a reason: escaped where it is not printable, and cut where it is long."""
    return printable(text if len(text) <= _LONGEST_QUOTE else text[: _LONGEST_QUOTE - 1] + "…")
