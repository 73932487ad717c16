"""Text from outside, made safe to print: for terminals, logs and error messages. Every program uses this one place."""

from collections.abc import Iterable


def printable(text: str) -> str:
    r"""The text on one line, with unprintable characters escaped as in a Python string, such as `\x1b`, `\n`, `\u202e`.

    Escaped are control characters (C0, C1, DEL), line and paragraph separators, what changes the direction or is
    invisible, lone surrogates, and what Unicode has not assigned. A text that prints is returned as it is.
    """
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


def printable_lines(text: str) -> str:
    """The same for text whose line feeds are meant: each line alone is printable."""
    return joined_lines(text.split("\n"))


def joined_lines(lines: Iterable[str]) -> str:
    """Lines of our own making whose content may come from outside: none of them can begin another."""
    return "\n".join(map(printable, lines))
