"""Scalar expressions: recursive descent over the grammar of the service's query reference.

``NOT`` binds like a sign, tighter than any comparison, as in the service's own grammar: write ``NOT (a = b)``.
"""

from math import inf, nan
from typing import Final

from quartet_emulators.cosmos.errors import bad_request, unsupported
from quartet_emulators.cosmos.sql import nodes
from quartet_emulators.cosmos.sql.lexer import Token
from quartet_emulators.cosmos.sql.token_stream import MAX_DEPTH, TokenStream
from quartet_emulators.cosmos.sql.values import UNDEFINED

_NAMED_NUMBERS: Final = {"NaN": nan, "Infinity": inf}
_MOST_DIGITS: Final = 308
"""A number with more digits is beyond every double, and read as such."""

_CONSTANTS: Final = {"TRUE": True, "FALSE": False, "NULL": None, "UNDEFINED": UNDEFINED}
_LEVELS: Final = (
    ("||",),
    ("|",),
    ("^",),
    ("&",),
    ("=", "!=", "<>"),
    ("<", "<=", ">", ">="),
    ("<<", ">>", ">>>"),
    ("+", "-"),
    ("*", "/", "%"),
)
BINDING: Final = {operator: level for level, operators in enumerate(_LEVELS) for operator in operators}
"""How tightly the operators between two operands bind; ``??`` binds more loosely than all of them."""


class ExpressionParser(TokenStream):
    """Reads expressions; the queries inside them are read by the subclass."""

    def query(self) -> nodes.Query:
        """SELECT ... with all its clauses."""
        raise NotImplementedError

    def expressions(self) -> list[nodes.Expression]:
        """One or more expressions with commas between them."""
        found = [self.expression()]
        while self.accept(","):
            found.append(self.expression())
        return found

    def expression(self) -> nodes.Expression:
        """A scalar expression, the loosest operators ``?:`` and ``??`` first."""
        self.enter()
        left = self._or()
        while self.accept("??"):
            left = nodes.Binary("??", left, self._or())
        if self.accept("?"):
            then = self.expression()
            self.expect(":")
            left = nodes.Conditional(left, then, self.expression())
        self.leave()
        return left

    def _or(self) -> nodes.Expression:
        operands = [self._and()]
        while self.accept_word("OR"):
            operands.append(self._and())
        return operands[0] if len(operands) == 1 else nodes.Logical("OR", tuple(operands))

    def _and(self) -> nodes.Expression:
        operands = [self._predicate()]
        while self.accept_word("AND"):
            operands.append(self._predicate())
        return operands[0] if len(operands) == 1 else nodes.Logical("AND", tuple(operands))

    def _predicate(self) -> nodes.Expression:
        value = self._binary(0)
        negated = self.word_at(0) == "NOT" and self.word_at(1) in {"IN", "BETWEEN", "LIKE"}
        if negated:
            self.take()
        if self.accept_word("IN"):
            self.expect("(")
            choices = tuple(self.expressions())
            self.expect(")")
            value = nodes.In(value, choices)
        elif self.accept_word("BETWEEN"):
            low = self._binary(0)
            self.expect_word("AND")
            value = nodes.Between(value, low, self._binary(0))
        elif self.accept_word("LIKE"):
            pattern = self._binary(0)
            value = nodes.Like(value, pattern, self._escape())
        return nodes.Unary("NOT", value) if negated else value

    def _escape(self) -> str | None:
        if not self.accept_word("ESCAPE"):
            return None
        token = self.take()
        if token.kind != "string" or len(token.text) != 1:
            raise self.error("ESCAPE needs one character")
        return token.text

    def _binary(self, loosest: int) -> nodes.Expression:
        """Operators that bind at least as tightly as ``loosest``; all of them group from the left."""
        left = self._unary()
        while True:
            token = self._tokens[self._next]
            level = BINDING.get(token.text, -1) if token.kind == "symbol" else -1
            if level < loosest:
                return left
            self._next += 1
            operator = "!=" if token.text == "<>" else token.text
            left = nodes.Binary(operator, left, self._binary(level + 1))

    def _unary(self) -> nodes.Expression:
        operators: list[str] = []
        while True:
            if self.peek().kind == "symbol" and self.peek().text in {"-", "+", "~"}:
                operators.append(self.take().text)
            elif self.accept_word("NOT"):
                operators.append("NOT")
            else:
                break
        if len(operators) > MAX_DEPTH:
            raise bad_request(f"The query is nested more than {MAX_DEPTH} levels deep.")
        operand = self.suffixes(self.primary())
        for operator in reversed(operators):
            operand = nodes.Unary(operator, operand)
        return operand

    def suffixes(self, base: nodes.Expression) -> nodes.Expression:
        """``.name`` and ``[key]`` after an expression, any number of them."""
        while True:
            if self.accept("."):
                base = nodes.Member(base, nodes.Literal(self.identifier()))
            elif self.accept("["):
                base = nodes.Member(base, self.expression())
                self.expect("]")
            else:
                return base

    def primary(self) -> nodes.Expression:
        """A constant, parameter, name, call, or something in brackets."""
        token = self.take()
        if token.kind == "number":
            return nodes.Literal(_number(token.text))
        if token.kind == "string":
            return nodes.Literal(token.text)
        if token.kind == "parameter":
            return nodes.Parameter(token.text)
        if token.kind == "keyword":
            return self._keyword_expression(token)
        if token.kind == "word":
            return self._call(token.text) if self.accept("(") else _named(token.text)
        return self._bracketed(token)

    def _keyword_expression(self, token: Token) -> nodes.Expression:
        word = token.text.upper()
        if word in _CONSTANTS:
            return nodes.Literal(_CONSTANTS[word])
        if word in {"EXISTS", "ARRAY"}:
            self.expect("(")
            return self.subquery(word)
        if word == "UDF":
            raise unsupported("user-defined functions (udf)")
        raise self.error(f"unexpected {token.text!r}", token)

    def _bracketed(self, token: Token) -> nodes.Expression:
        if token.text == "(" and token.kind == "symbol":
            if self.word_at(0) == "SELECT":
                return self.subquery("SCALAR")
            inner = self.expression()
            self.expect(")")
            return inner
        if token.text == "[" and token.kind == "symbol":
            elements = () if self.peek_is("]") else tuple(self.expressions())
            self.expect("]")
            return nodes.ArrayLiteral(elements)
        if token.text == "{" and token.kind == "symbol":
            return self._object()
        raise self.error(f"unexpected {token.text!r}" if token.text else "the query ends too early", token)

    def _object(self) -> nodes.Expression:
        members: list[tuple[str, nodes.Expression]] = []
        while not self.accept("}"):
            if members:
                self.expect(",")
            name = self.take().text if self.peek().kind == "string" else self.identifier()
            self.expect(":")
            members.append((name, self.expression()))
        return nodes.ObjectLiteral(tuple(members))

    def _call(self, name: str) -> nodes.Expression:
        arguments = () if self.peek_is(")") else tuple(self.expressions())
        self.expect(")")
        return nodes.FunctionCall(name.upper(), arguments)

    def subquery(self, kind: str) -> nodes.Expression:
        """A query whose opening bracket has been taken."""
        self.enter()
        query = self.query()
        self.expect(")")
        self.leave()
        return nodes.Subquery(kind, query)


def _named(text: str) -> nodes.Expression:
    """An alias, or a number that has a name; their case counts, unlike that of the other words."""
    return nodes.Literal(_NAMED_NUMBERS[text]) if text in _NAMED_NUMBERS else nodes.Name(text)


def _number(text: str) -> int | float:
    if text[:2] in {"0x", "0X"}:
        return int(text, 16)
    return int(text) if text.isdigit() and len(text) <= _MOST_DIGITS else float(text)
