"""Tokens to a tree: recursive descent over the grammar of the service's query reference.

``NOT`` binds like a sign, tighter than any comparison, as in the service's own grammar: write ``NOT (a = b)``.
"""

from typing import Final

from emulators.cosmos.errors import CosmosError, bad_request, unsupported
from emulators.cosmos.sql import nodes
from emulators.cosmos.sql.lexer import Token, syntax_error, tokens_of
from emulators.cosmos.sql.values import UNDEFINED

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
_BINDING: Final = {operator: level for level, operators in enumerate(_LEVELS) for operator in operators}
MAX_DEPTH: Final = 60


def parse_query(text: str) -> nodes.Query:
    """Parse a whole query.

    Raises:
        CosmosError: 400 for wrong syntax, 501 for a feature that the emulator does not have.
    """
    parser = Parser(text)
    query = parser.query()
    parser.expect_end()
    return query


def parse_condition(text: str) -> nodes.Query:
    """Parse the condition of a patch: ``FROM c WHERE c.stock > 0``.

    Raises:
        CosmosError: 400 for wrong syntax.
    """
    parser = Parser(text)
    query = parser.condition()
    parser.expect_end()
    return query


class Parser:
    """One pass over one query's tokens."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = tokens_of(text)
        self._next = 0
        self._depth = 0

    def query(self) -> nodes.Query:
        """SELECT ... with all its clauses."""
        self._expect_word("SELECT")
        distinct = self._accept_word("DISTINCT")
        top = self._primary() if self._accept_word("TOP") else None
        value = self._accept_word("VALUE")
        items: tuple[nodes.SelectItem, ...] | None = None
        if value:
            items = (nodes.SelectItem(self.expression(), None),)
        elif not self._accept("*"):
            items = tuple(self._list_of_select_items())
        sources = self._from()
        where = self.expression() if self._accept_word("WHERE") else None
        group_by = self._group_by()
        order_by = self._order_by()
        offset = limit = None
        if self._accept_word("OFFSET"):
            offset = self._primary()
            self._expect_word("LIMIT")
            limit = self._primary()
        return nodes.Query(items, value, distinct, top, sources, where, group_by, order_by, offset, limit)

    def condition(self) -> nodes.Query:
        """[FROM alias] WHERE expression."""
        sources = self._from() or (nodes.Source("c", nodes.Name("c"), iterate=False),)
        self._expect_word("WHERE")
        return nodes.Query(None, sources=sources, where=self.expression())

    def expect_end(self) -> None:
        """Nothing may follow."""
        if self._peek().kind != "end":
            raise self._error(f"unexpected {self._peek().text!r}")

    def _list_of_select_items(self) -> list[nodes.SelectItem]:
        items = [self._select_item()]
        while self._accept(","):
            items.append(self._select_item())
        return items

    def _select_item(self) -> nodes.SelectItem:
        expression = self.expression()
        if self._accept_word("AS"):
            return nodes.SelectItem(expression, self._identifier())
        return nodes.SelectItem(expression, self._take().text if self._peek().kind == "word" else None)

    def _from(self) -> tuple[nodes.Source, ...]:
        if not self._accept_word("FROM"):
            return ()
        sources = [self._source()]
        while self._accept_word("JOIN"):
            sources.append(self._source())
        return tuple(sources)

    def _source(self) -> nodes.Source:
        if self._peek().kind == "word" and self._word_at(1) == "IN":
            alias = self._take().text
            self._take()
            return nodes.Source(alias, self._collection(), iterate=True)
        collection = self._collection()
        return nodes.Source(self._source_alias(collection), collection, iterate=False)

    def _collection(self) -> nodes.Expression:
        if self._accept("("):
            return self._subquery("ARRAY")
        expression = self._suffixes(nodes.Name(self._identifier()))
        if not isinstance(expression, nodes.Name | nodes.Member):
            raise self._error("FROM needs a path")
        return expression

    def _source_alias(self, collection: nodes.Expression) -> str:
        if self._accept_word("AS") or self._peek().kind == "word":
            return self._identifier()
        if isinstance(collection, nodes.Name):
            return collection.name
        if isinstance(collection, nodes.Member) and isinstance(collection.key, nodes.Literal):
            return str(collection.key.value)
        raise self._error("this source needs an alias")

    def _group_by(self) -> tuple[nodes.Expression, ...]:
        if not self._accept_word("GROUP"):
            return ()
        self._expect_word("BY")
        return tuple(self._expressions())

    def _order_by(self) -> tuple[nodes.OrderItem, ...]:
        if not self._accept_word("ORDER"):
            return ()
        self._expect_word("BY")
        if self._accept_word("RANK"):
            raise unsupported("ORDER BY RANK")
        items = [self._order_item()]
        while self._accept(","):
            items.append(self._order_item())
        return tuple(items)

    def _order_item(self) -> nodes.OrderItem:
        expression = self.expression()
        descending = self._accept_word("DESC")
        if not descending:
            self._accept_word("ASC")
        return nodes.OrderItem(expression, descending)

    def _expressions(self) -> list[nodes.Expression]:
        found = [self.expression()]
        while self._accept(","):
            found.append(self.expression())
        return found

    def expression(self) -> nodes.Expression:
        """A scalar expression, the loosest operators ``?:`` and ``??`` first."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise bad_request(f"The query is nested more than {MAX_DEPTH} levels deep.")
        left = self._or()
        while self._accept("??"):
            left = nodes.Binary("??", left, self._or())
        if self._accept("?"):
            then = self.expression()
            self._expect(":")
            left = nodes.Conditional(left, then, self.expression())
        self._depth -= 1
        return left

    def _or(self) -> nodes.Expression:
        operands = [self._and()]
        while self._accept_word("OR"):
            operands.append(self._and())
        return operands[0] if len(operands) == 1 else nodes.Logical("OR", tuple(operands))

    def _and(self) -> nodes.Expression:
        operands = [self._predicate()]
        while self._accept_word("AND"):
            operands.append(self._predicate())
        return operands[0] if len(operands) == 1 else nodes.Logical("AND", tuple(operands))

    def _predicate(self) -> nodes.Expression:
        value = self._binary(0)
        negated = self._word_at(0) == "NOT" and self._word_at(1) in {"IN", "BETWEEN", "LIKE"}
        if negated:
            self._take()
        if self._accept_word("IN"):
            self._expect("(")
            choices = tuple(self._expressions())
            self._expect(")")
            value = nodes.In(value, choices)
        elif self._accept_word("BETWEEN"):
            low = self._binary(0)
            self._expect_word("AND")
            value = nodes.Between(value, low, self._binary(0))
        elif self._accept_word("LIKE"):
            pattern = self._binary(0)
            value = nodes.Like(value, pattern, self._escape())
        return nodes.Unary("NOT", value) if negated else value

    def _escape(self) -> str | None:
        if not self._accept_word("ESCAPE"):
            return None
        token = self._take()
        if token.kind != "string" or len(token.text) != 1:
            raise self._error("ESCAPE needs one character")
        return token.text

    def _binary(self, loosest: int) -> nodes.Expression:
        """Operators that bind at least as tightly as ``loosest``; all of them group from the left."""
        left = self._unary()
        while True:
            token = self._tokens[self._next]
            level = _BINDING.get(token.text, -1) if token.kind == "symbol" else -1
            if level < loosest:
                return left
            self._next += 1
            operator = "!=" if token.text == "<>" else token.text
            left = nodes.Binary(operator, left, self._binary(level + 1))

    def _unary(self) -> nodes.Expression:
        operators: list[str] = []
        while True:
            if self._peek().kind == "symbol" and self._peek().text in {"-", "+", "~"}:
                operators.append(self._take().text)
            elif self._accept_word("NOT"):
                operators.append("NOT")
            else:
                break
        if len(operators) > MAX_DEPTH:
            raise bad_request(f"The query is nested more than {MAX_DEPTH} levels deep.")
        operand = self._suffixes(self._primary())
        for operator in reversed(operators):
            operand = nodes.Unary(operator, operand)
        return operand

    def _suffixes(self, base: nodes.Expression) -> nodes.Expression:
        while True:
            if self._accept("."):
                base = nodes.Member(base, nodes.Literal(self._identifier()))
            elif self._accept("["):
                base = nodes.Member(base, self.expression())
                self._expect("]")
            else:
                return base

    def _primary(self) -> nodes.Expression:
        token = self._take()
        if token.kind == "number":
            return nodes.Literal(_number(token.text))
        if token.kind == "string":
            return nodes.Literal(token.text)
        if token.kind == "parameter":
            return nodes.Parameter(token.text)
        if token.kind == "keyword":
            return self._keyword_expression(token)
        if token.kind == "word":
            return self._call(token.text) if self._accept("(") else nodes.Name(token.text)
        return self._bracketed(token)

    def _keyword_expression(self, token: Token) -> nodes.Expression:
        word = token.text.upper()
        if word in _CONSTANTS:
            return nodes.Literal(_CONSTANTS[word])
        if word in {"EXISTS", "ARRAY"}:
            self._expect("(")
            return self._subquery(word)
        if word == "UDF":
            raise unsupported("user-defined functions (udf)")
        raise self._error(f"unexpected {token.text!r}", token)

    def _bracketed(self, token: Token) -> nodes.Expression:
        if token.text == "(" and token.kind == "symbol":
            if self._word_at(0) == "SELECT":
                return self._subquery("SCALAR")
            inner = self.expression()
            self._expect(")")
            return inner
        if token.text == "[" and token.kind == "symbol":
            elements = () if self._peek_is("]") else tuple(self._expressions())
            self._expect("]")
            return nodes.ArrayLiteral(elements)
        if token.text == "{" and token.kind == "symbol":
            return self._object()
        raise self._error(f"unexpected {token.text!r}" if token.text else "the query ends too early", token)

    def _object(self) -> nodes.Expression:
        members: list[tuple[str, nodes.Expression]] = []
        while not self._accept("}"):
            if members:
                self._expect(",")
            name = self._take().text if self._peek().kind == "string" else self._identifier()
            self._expect(":")
            members.append((name, self.expression()))
        return nodes.ObjectLiteral(tuple(members))

    def _call(self, name: str) -> nodes.Expression:
        arguments = () if self._peek_is(")") else tuple(self._expressions())
        self._expect(")")
        return nodes.FunctionCall(name.upper(), arguments)

    def _subquery(self, kind: str) -> nodes.Expression:
        """A query whose opening bracket has been taken."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise bad_request(f"The query is nested more than {MAX_DEPTH} levels deep.")
        query = self.query()
        self._expect(")")
        self._depth -= 1
        return nodes.Subquery(kind, query)

    def _identifier(self) -> str:
        """A name; after a dot or AS, words of the language are names too."""
        token = self._take()
        if token.kind not in {"word", "keyword"}:
            raise self._error("a name is expected", token)
        return token.text

    def _peek(self) -> Token:
        return self._tokens[self._next]

    def _take(self) -> Token:
        token = self._tokens[self._next]
        if token.kind != "end":
            self._next += 1
        return token

    def _word_at(self, ahead: int) -> str | None:
        position = min(self._next + ahead, len(self._tokens) - 1)
        token = self._tokens[position]
        return token.text.upper() if token.kind == "keyword" else None

    def _peek_is(self, symbol: str) -> bool:
        token = self._tokens[self._next]
        return token.kind == "symbol" and token.text == symbol

    def _accept(self, symbol: str) -> bool:
        if self._peek_is(symbol):
            self._next += 1
            return True
        return False

    def _accept_word(self, word: str) -> bool:
        if self._word_at(0) == word:
            self._next += 1
            return True
        return False

    def _expect(self, symbol: str) -> None:
        if not self._accept(symbol):
            raise self._error(f"{symbol!r} is expected")

    def _expect_word(self, word: str) -> None:
        if not self._accept_word(word):
            raise self._error(f"{word} is expected")

    def _error(self, reason: str, token: Token | None = None) -> CosmosError:
        return syntax_error(self._text, (token or self._peek()).position, reason)


def _number(text: str) -> int | float:
    if text[:2] in {"0x", "0X"}:
        return int(text, 16)
    return int(text) if text.isdigit() else float(text)
