"""The tokens of a query, passed one by one."""

from quartet_emulators.cosmos.errors import CosmosError, bad_request
from quartet_emulators.cosmos.sql.lexer import Token, syntax_error, tokens_of

MAX_DEPTH = 60
"""How deeply expressions and sub-queries may be nested."""


class TokenStream:
    """A position in a query's tokens, and the nesting of what is being read there."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = tokens_of(text)
        self._next = 0
        self._depth = 0

    def enter(self) -> None:
        """Go one level deeper.

        Raises:
            CosmosError: 400, if that is too deep.
        """
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise bad_request(f"The query is nested more than {MAX_DEPTH} levels deep.")

    def leave(self) -> None:
        """Leave a level."""
        self._depth -= 1

    def expect_end(self) -> None:
        """Nothing may follow.

        Raises:
            CosmosError: 400, if something does.
        """
        if self.peek().kind != "end":
            raise self.error(f"unexpected {self.peek().text!r}")

    def identifier(self) -> str:
        """A name; after a dot or AS, words of the language are names too."""
        token = self.take()
        if token.kind not in {"word", "keyword"}:
            raise self.error("a name is expected", token)
        return token.text

    def peek(self) -> Token:
        """The next token, which stays."""
        return self._tokens[self._next]

    def take(self) -> Token:
        """The next token, which is passed; the end is never passed."""
        token = self._tokens[self._next]
        if token.kind != "end":
            self._next += 1
        return token

    def word_at(self, ahead: int) -> str | None:
        """The keyword that many tokens ahead, in upper case, or ``None``."""
        position = min(self._next + ahead, len(self._tokens) - 1)
        token = self._tokens[position]
        return token.text.upper() if token.kind == "keyword" else None

    def symbol_at(self, ahead: int) -> str | None:
        """The symbol that many tokens ahead, or ``None``."""
        position = min(self._next + ahead, len(self._tokens) - 1)
        token = self._tokens[position]
        return token.text if token.kind == "symbol" else None

    def peek_is(self, symbol: str) -> bool:
        """Whether the symbol comes next."""
        token = self._tokens[self._next]
        return token.kind == "symbol" and token.text == symbol

    def accept(self, symbol: str) -> bool:
        """Pass the symbol if it comes next."""
        if self.peek_is(symbol):
            self._next += 1
            return True
        return False

    def accept_word(self, word: str) -> bool:
        """Pass the keyword if it comes next."""
        if self.word_at(0) == word:
            self._next += 1
            return True
        return False

    def expect(self, symbol: str) -> None:
        """Pass the symbol.

        Raises:
            CosmosError: 400, if something else comes next.
        """
        if not self.accept(symbol):
            raise self.error(f"{symbol!r} is expected")

    def expect_word(self, word: str) -> None:
        """Pass the keyword.

        Raises:
            CosmosError: 400, if something else comes next.
        """
        if not self.accept_word(word):
            raise self.error(f"{word} is expected")

    def error(self, reason: str, token: Token | None = None) -> CosmosError:
        """A syntax error at the token, or at the position of the parser."""
        return syntax_error(self._text, (token or self.peek()).position, reason)
