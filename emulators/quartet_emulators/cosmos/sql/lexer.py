"""Query text to tokens."""

import re
from typing import Final, NamedTuple

from quartet_emulators.cosmos.errors import CosmosError, bad_request
from quartet_emulators.cosmos.json_text import decode

KEYWORDS: Final = frozenset(
    {"SELECT", "VALUE", "TOP", "DISTINCT", "AS", "FROM", "JOIN", "IN", "WHERE", "GROUP", "ORDER", "BY", "ASC", "DESC"}
    | {"RANK", "OFFSET", "LIMIT", "AND", "OR", "NOT", "BETWEEN", "LIKE", "ESCAPE", "EXISTS", "ARRAY", "UDF"}
    | {"TRUE", "FALSE", "NULL", "UNDEFINED"}
)

_TOKEN: Final = re.compile(
    r"""
    (?P<space>\s+|--[^\n]*)
  | (?P<number>0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
  | (?P<word>[^\W\d]\w*)
  | (?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
  | (?P<parameter>@\w+)
  | (?P<symbol>\?\?|\|\||!=|<>|<=|>=|>>>|<<|>>|[-+*/%=<>?:.,()\[\]{}&|^~])
    """,
    re.VERBOSE | re.DOTALL,
)


class Token(NamedTuple):
    """One token: its kind (keyword, word, string, number, parameter, symbol, end), its text and where it starts."""

    kind: str
    text: str
    position: int


def tokens_of(text: str) -> list[Token]:
    """Split a query; keywords in upper case, strings without their quotes.

    Raises:
        CosmosError: 400, at a character that begins no token.
    """
    found: list[Token] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise syntax_error(text, position, f"unexpected character {text[position]!r}")
        kind = match.lastgroup or ""
        if kind != "space":
            found.append(_token(kind, match.group(), position))
        position = match.end()
    found.append(Token("end", "", position))
    return found


def syntax_error(text: str, position: int, reason: str) -> CosmosError:
    """400, with the place in the query."""
    near = text[position : position + 30].partition("\n")[0]
    where = f"near {near!r}" if near else "at the end"
    return bad_request(f"Syntax error in the query at position {position} ({where}): {reason}.")


def _token(kind: str, text: str, position: int) -> Token:
    if kind == "word" and text.upper() in KEYWORDS:
        # the text is kept: `c.value` and `c.order` are names of properties
        return Token("keyword", text, position)
    if kind == "string":
        return Token(kind, _unquoted(text, position), position)
    return Token(kind, text, position)


def _unquoted(text: str, position: int) -> str:
    inner = text[1:-1]
    if "\\" not in inner:
        return inner
    # JSON knows all the escapes but \' ; a bare double quote has to be escaped for it
    as_json = re.sub(r'\\(.)|"', _json_escape, inner, flags=re.DOTALL)
    try:
        return str(decode(f'"{as_json}"'))
    except CosmosError:
        raise bad_request(f"Syntax error in the query at position {position}: bad escape in {text}.") from None


def _json_escape(match: re.Match[str]) -> str:
    escaped = match.group(1)
    if escaped is None:
        return '\\"'
    return "'" if escaped == "'" else match.group()
