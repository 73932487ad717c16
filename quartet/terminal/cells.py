"""Cells of tables and pieces of lines for people: the one place where a command makes rich text of a value."""

from rich.style import StyleType
from rich.text import Text

from quartet.printable import joined_lines


def cell(*lines: object, style: StyleType = "") -> Text:
    """Values as text, one a line. Nothing in a value acts on the terminal, begins a line or counts as markup."""
    return Text(joined_lines(map(str, lines)), style=style)
