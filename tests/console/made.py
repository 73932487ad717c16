"""Many sagas, made from recorded ones with other ids, as batches that a hub could have delivered."""

import itertools
import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from quartet.console.interpreting import Interpreter
from quartet.console.projection.facts import Batch, Fact, Key, Place, Position, Raw, Term
from quartet.console.rows import moment
from quartet.console.vocabulary import Vocabulary
from quartet.engine.ports import Message
from quartet.events import CONTENT_TYPE
from services.shop import SHOP
from tests.console.console_fixture import recorded

CUSTOMERS: Final = 5_000
SPACE: Final = uuid.UUID("6ba7b810-9dad-11d1-80b4-00c04fd430c8")
START: Final = 1_790_000_000_000
"""When the first saga begins, in ms since 1970; one begins every 100 ms after it."""

STEP: Final = 100
BATCH: Final = 1_000


def saga_id(number: int) -> str:
    return f"ord-{number:07}"


def interpreter() -> Interpreter:
    return Interpreter(SHOP, SHOP.hubs(), Vocabulary(SHOP))


class Maker:
    """Makes sagas by number: the same number, the same saga. Of 43 kinds, as in the samples."""

    def __init__(self) -> None:
        kinds = recorded("samples/recordings/orders.jsonl")
        self._kinds = [[json.dumps(event) for event in events] for events in kinds]
        self._names = [str(events[0]["subject"]) for events in kinds]
        self._ids = [[str(event["id"]) for event in events] for events in kinds]
        self._customers = [str(events[0]["data"]["customer_id"]) for events in kinds]
        reading = interpreter()
        messages = [[Message(text.encode(), CONTENT_TYPE, {}, 0, "") for text in kind] for kind in self._kinds]
        read = [[reading.fact(one, "0", 0) for one in kind] for kind in messages]
        self._templates = [[fact for fact in kind if fact is not None] for kind in read]

    def bodies(self, number: int) -> list[bytes]:
        """The events of a saga."""
        kind = number % len(self._kinds)
        text = "\n".join(self._kinds[kind]).replace(self._names[kind], saga_id(number))
        text = text.replace(self._customers[kind], f"cust-{number * 7919 % CUSTOMERS:05}")
        for old in self._ids[kind]:
            text = text.replace(old, str(uuid.uuid5(SPACE, f"{number} {old}")))
        return [line.encode() for line in text.split("\n")]

    def facts(self, number: int, sequence: Iterator[int], partition: str = "0") -> list[Fact]:
        """The facts of a saga; each event comes 20 ms after the one before.

        They are those of its kind with other ids, and are not read again from their messages: that takes longer.
        """
        kind = number % len(self._kinds)
        old, new = self._names[kind], saga_id(number)
        customer = f"cust-{number * 7919 % CUSTOMERS:05}"
        return [
            replace(
                fact,
                key=Key(START + number * STEP + 20 * count, "", partition, next(sequence)),
                saga=saga_id(number),
                event_id=f"{fact.event_id}-{number}",
                causation_id=fact.causation_id and f"{fact.causation_id}-{number}",
                terms=tuple(
                    Term(term.field, customer if term.field == "customer_id" else _own(term.value, number))
                    for term in fact.terms
                ),
                raw=_renamed(fact.raw, {old: new, **{one: f"{one}-{number}" for one in _ids(fact)}}),
            )
            for count, fact in enumerate(self._templates[kind])
        ]

    def batches(self, count: int, size: int = BATCH, first: int = 0) -> Iterator[Batch]:
        """The sagas as batches of one partition."""
        sequence = itertools.count()
        waiting: list[Fact] = []
        for number in range(first, first + count):
            waiting += self.facts(number, sequence)
            while len(waiting) >= size:
                yield batch_of(waiting[:size])
                waiting = waiting[size:]
        if waiting:
            yield batch_of(waiting)


def _ids(fact: Fact) -> Sequence[str]:
    return [one for one in (fact.event_id, fact.causation_id) if one]


def _renamed(raw: Raw, names: Mapping[str, str]) -> Raw:
    body = raw.body
    for old, new in names.items():
        body = body.replace(old.encode(), new.encode())
    return replace(raw, body=body, size=len(body))


def _own(value: str, number: int) -> str:
    """A value that only this saga has, if it is the id of something that was made for a saga."""
    return f"{value[:24]}{number:012}" if len(value) == len(str(SPACE)) else value


def batch_of(facts: Sequence[Fact], partition: str = "0") -> Batch:
    last = facts[-1].key
    return Batch(Place("", partition), Position(last.sequence_number, last.at), facts)


def queries(count: int) -> dict[str, list[str]]:
    """Searches of each kind, for a projection with this number of sagas: what a person would type, and the widest."""
    numbers = range(0, count, max(1, count // 40))
    return {
        "nothing": [""],
        "a saga's id": [saga_id(number) for number in numbers],
        "the beginning of an id": [saga_id(number)[:-2] for number in numbers],
        "a customer": [f"customer_id:cust-{number * 7919 % CUSTOMERS:05}" for number in numbers],
        "any customer": ["cust-", "cust-0", "cust-04"],
        "a product": ["product_id:rosin", "product_id:case-violin-oblong", "bow-cello"],
        "a reason": ["reason:payment_declined", "reason:out_of_stock", "reason:address"],
        "a status": ["status:ended", "status:failed", "status:ordercancelled", "status:open"],
        "stuck": ["status:stuck"],
        "a time": [f"after:{_day(share, count)} before:{_day(share + 0.05, count)}" for share in (0.1, 0.5, 0.9)],
        "two words": ["cust-04 reason:payment_declined", "rosin cust-0", f"ord-00 {saga_id(count // 3)}"],
        "a product and a status": ["product_id:rosin status:failed", "cust-0 status:ended"],
        "no match": ["nothing-has-this-id", "reason:nothing", "status:nothing", "cust-0 reason:nothing"],
    }


def _day(share: float, count: int) -> str:
    return moment(START + round(share * count) * STEP)
