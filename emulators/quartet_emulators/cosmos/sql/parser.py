"""Queries: the clauses around the expressions."""

from quartet_emulators.cosmos.errors import unsupported
from quartet_emulators.cosmos.sql import nodes
from quartet_emulators.cosmos.sql.expression_parser import ExpressionParser


def parse_query(text: str) -> nodes.Query:
    """Parse a whole query.

    Raises:
        CosmosError: 400 for wrong syntax, or a feature that the emulator does not have.
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


class Parser(ExpressionParser):
    """Reads queries, each token once."""

    def query(self) -> nodes.Query:
        """SELECT ... with all its clauses."""
        self.expect_word("SELECT")
        distinct = self.accept_word("DISTINCT")
        top = self.primary() if self.accept_word("TOP") else None
        value = self.accept_word("VALUE")
        items: tuple[nodes.SelectItem, ...] | None = None
        if value:
            items = (nodes.SelectItem(self.expression(), None),)
        elif not self.accept("*"):
            items = tuple(self._list_of_select_items())
        sources = self._from()
        where = self.expression() if self.accept_word("WHERE") else None
        group_by = self._group_by()
        order_by = self._order_by()
        offset = limit = None
        if self.accept_word("OFFSET"):
            offset = self.primary()
            self.expect_word("LIMIT")
            limit = self.primary()
        return nodes.Query(items, value, distinct, top, sources, where, group_by, order_by, offset, limit)

    def condition(self) -> nodes.Query:
        """[FROM alias] WHERE expression."""
        sources = self._from() or (nodes.Source("c", nodes.Name("c"), iterate=False),)
        self.expect_word("WHERE")
        return nodes.Query(None, sources=sources, where=self.expression())

    def _list_of_select_items(self) -> list[nodes.SelectItem]:
        items = [self._select_item()]
        while self.accept(","):
            items.append(self._select_item())
        return items

    def _select_item(self) -> nodes.SelectItem:
        expression = self.expression()
        if self.accept_word("AS"):
            return nodes.SelectItem(expression, self.identifier())
        return nodes.SelectItem(expression, self.take().text if self.peek().kind == "word" else None)

    def _from(self) -> tuple[nodes.Source, ...]:
        if not self.accept_word("FROM"):
            return ()
        sources = [self._source(0)]
        while self.accept_word("JOIN"):
            sources.append(self._source(len(sources)))
        return tuple(sources)

    def _source(self, number: int) -> nodes.Source:
        if self.peek().kind == "word" and self.word_at(1) == "IN":
            alias = self.take().text
            self.take()
            return nodes.Source(alias, self._array(), iterate=True)
        collection = self._collection()
        return nodes.Source(self._source_alias(collection, number), collection, iterate=False)

    def _array(self) -> nodes.Expression:
        """A collection, or a function that gives an array: ``JOIN k IN ObjectToArray(c.sizes)``."""
        if self.peek().kind == "word" and self.symbol_at(1) == "(":
            return self.primary()
        return self._collection()

    def _collection(self) -> nodes.Expression:
        if self.accept("("):
            return self.subquery("ROWS")
        expression = self.suffixes(nodes.Name(self.identifier()))
        if not isinstance(expression, nodes.Name | nodes.Member):
            raise self.error("FROM needs a path")
        return expression

    def _source_alias(self, collection: nodes.Expression, number: int) -> str:
        if self.accept_word("AS") or self.peek().kind == "word":
            return self.identifier()
        if isinstance(collection, nodes.Subquery):
            return f"${number}"
        if isinstance(collection, nodes.Name):
            return collection.name
        if isinstance(collection, nodes.Member) and isinstance(collection.key, nodes.Literal):
            return str(collection.key.value)
        raise self.error("this source needs an alias")

    def _group_by(self) -> tuple[nodes.Expression, ...]:
        if not self.accept_word("GROUP"):
            return ()
        self.expect_word("BY")
        return tuple(self.expressions())

    def _order_by(self) -> tuple[nodes.OrderItem, ...]:
        if not self.accept_word("ORDER"):
            return ()
        self.expect_word("BY")
        if self.accept_word("RANK"):
            raise unsupported("ORDER BY RANK")
        items = [self._order_item()]
        while self.accept(","):
            items.append(self._order_item())
        return tuple(items)

    def _order_item(self) -> nodes.OrderItem:
        expression = self.expression()
        descending = self.accept_word("DESC")
        if not descending:
            self.accept_word("ASC")
        return nodes.OrderItem(expression, descending)
