from quartet_emulators.cosmos.identifiers import item_rid
from quartet_emulators.cosmos.sql.compile import compiled
from quartet_emulators.cosmos.sql.values import UNDEFINED

from tests.emulators.cosmos.sql.evaluation import value


def test_each_item_has_its_number() -> None:
    """The page DOCUMENTID: a number, unique in a physical partition, by which a query can filter."""
    items = [{"_rid": item_rid(b"hotelbar", number)} for number in (4, 5, 13, 16)]
    query = compiled("SELECT VALUE DOCUMENTID(p) FROM products p WHERE DOCUMENTID(p) >= 5 AND DOCUMENTID(p) <= 15")
    assert list(query.rows(items, {}, 0.0)) == [5, 13]


def test_what_is_no_item_has_no_number() -> None:
    assert value("DOCUMENTID(c)") is UNDEFINED
    assert value("DOCUMENTID({'_rid': 'abc'})") is UNDEFINED
    assert value("DOCUMENTID('abc')") is UNDEFINED
