"""What must be true at every moment, checked at the moment: at each write, each append, each checkpoint.

It looks at what lies in the servers, never into the services, and keeps books of its own. It imports no rule that it
checks: what the saga is, is stated once more in `saga.py`.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from quartet.testing.cluster.servers.hub import Stored
from quartet.testing.cluster.strikes import FOREIGN
from tests.simulation.accounts import Accounts
from tests.simulation.answers import Answers
from tests.simulation.effects import Effects
from tests.simulation.heads import REDRIVE, Head, head_of
from tests.simulation.letters import Letters
from tests.simulation.saga import ENDED, Document, end_of
from tests.simulation.storage import DATABASES, LETTERS, awaited, handled_by, is_state, key_of, place_of


@dataclass(frozen=True, slots=True)
class Broken:
    """A rule that was broken, and how."""

    rule: str
    what: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.what}"


@dataclass(slots=True)
class Watcher:
    """Keeps books about everything that is stored and said.

    Attributes:
        say: where a broken rule is told as it happens.
        now: the true time.
        broken: the rules that were broken so far, in order.
        recorded: by service: by order and key of the event: the ids of the answers.
        heads: by partition: what the messages are.
        history: every write and every event, in order: two runs with equal histories went the same way.
        states: by service and order: the document of the order.
        needed_attention: the orders that a person had to see to, at some time.
    """

    say: Callable[[str, str], None]
    now: Callable[[], datetime]
    broken: list[Broken] = field(default_factory=list)
    recorded: dict[str, dict[tuple[str, str], tuple[str, ...]]] = field(default_factory=lambda: defaultdict(dict))
    heads: dict[str, list[Head]] = field(default_factory=lambda: defaultdict(list))
    history: list[str] = field(default_factory=list)
    states: dict[tuple[str, str], Document] = field(default_factory=dict)
    needed_attention: set[str] = field(default_factory=set)
    effects: Effects = field(init=False)
    letters: Letters = field(init=False)
    answers: Answers = field(init=False)
    accounts: Accounts = field(init=False)
    _forgotten: set[tuple[str, str, str]] = field(default_factory=set)
    _ledgers: dict[tuple[str, str], Callable[[Document], None]] = field(init=False)

    def __post_init__(self) -> None:
        self.effects = Effects(self.broke)
        self.letters = Letters(self.broke)
        self.answers = Answers(self.broke, self.effects, self._deadline_of, self.now, self._is_forgotten)
        self.accounts = Accounts(self.broke, self.answers, self.letters, self.recorded, self.states, self.heads)
        self._ledgers = {
            ("payments", "gateway-ledger"): self.effects.money_moved,
            ("shipping", "carrier-ledger"): self.effects.parcel_moved,
            ("inventory", "items"): self.effects.stock_moved,
        }

    def broke(self, rule: str, what: str) -> None:
        """A rule is broken."""
        self.broken.append(Broken(rule, what))
        self.say("WATCHER", f"!! {rule}: {what}")

    @property
    def orders(self) -> dict[str, Document]:
        """What the order service has stored, by order."""
        return {order_id: document for (service, order_id), document in self.states.items() if service == "order"}

    # At each write

    def written(self, database: str, container: str, document: Document, by: str) -> None:
        """The process `by` has written a document."""
        self.history.append(f"{database} {document['id']} {document.get('status') or document.get('state') or ''}")
        service = DATABASES[database]
        if (database, container) in self._ledgers:
            self._ledgers[database, container](document)
        elif is_state(database, container):
            self._stored(service, document, by)
        elif container == LETTERS:
            handled = self._is_handled(service, document)
            self.letters.written(service, document, by, is_handled=handled)

    def _stored(self, service: str, document: Document, by: str) -> None:
        order_id = document["id"]
        self._recorded(service, order_id, document)
        known, now_known = (dict(handled_by(one)) for one in (self.states.get((service, order_id), {}), document))
        self._forgotten |= {(service, order_id, key) for key in known.keys() - now_known.keys()}
        self.letters.awaited(service, awaited(document), by)
        before = self.states.get((service, order_id), {}).get("status")
        self.states[service, order_id] = document
        if service == "inventory":
            self.effects.reservations[order_id] = document
        elif service == "order" and "status" in document:
            self._has_status(order_id, document, before)

    def _recorded(self, service: str, order_id: str, document: Document) -> None:
        """Answers, once recorded, stay as they are."""
        recorded = self.recorded[service]
        for key, ids in handled_by(document):
            before = recorded.get((order_id, key), ids)
            recorded[order_id, key] = ids
            # A compensation that is owed may be done later: what is said then is added.
            owed = any(answer["type"] == "CompensationFailed.v1" for answer in document["handled"][key][: len(before)])
            if before != ids and not (owed and before == ids[: len(before)]):
                self.broke("answers are recorded once", f"{service} answered {key} twice, about {order_id}")

    def _has_status(self, order_id: str, document: Document, before: str | None) -> None:
        status = document["status"]
        if before in ENDED and status != before:
            self.broke("an end is final", f"{order_id} was {before} and is {status}")
        end = end_of({entry["type"] for entry in document["history"]})
        if (status if status in ENDED else None) != end:
            self.broke("the status follows from what was heard", f"{order_id} is {status}, and should be {end}")
        if status == "NEEDS_ATTENTION":
            self.needed_attention.add(order_id)

    def _is_handled(self, service: str, letter: Document) -> bool:
        if letter["reason"] == "compensation_failed":
            return False
        # What a document of another release says was handled, nobody can read.
        if self.states.get((service, letter["saga_id"]), {}).get("version") == FOREIGN:
            return False
        place, number = place_of(letter)
        heads = self.heads.get(place, [])
        head = heads[number] if number < len(heads) else Head()
        if head.kept_by:
            return False  # it cannot be read, or was forged: what it says of its id means nothing
        # A record forgets what lies far back: what it does not know any more may become a dead letter.
        document = self.states.get((service, head.order_id), {})
        return key_of(head.source, head.id) in dict(handled_by(document))

    def _deadline_of(self, order_id: str) -> datetime | None:
        deadline = self.states.get(("order", order_id), {}).get("deadline")
        return datetime.fromisoformat(deadline) if deadline else None

    def _is_forgotten(self, head: Head) -> bool:
        return any(
            (head.service, head.order_id, key_of(cause.source, cause.id)) in self._forgotten
            for cause in self.answers.heads[str(head.cause)]
        )

    # At each append

    def appended(self, stored: Stored) -> None:
        """A message came into the hub."""
        head = head_of(stored)
        if head is None:
            self.broke("what a service says can be read", repr(stored.body[:200]))
            head = Head()
        self.heads[stored.place].append(head)
        if not head.type:
            return
        self.history.append(f"{head.type} {head.order_id}")
        if head.kept_by:
            return  # nobody has said what cannot be read, or is forged
        if head.type in REDRIVE:
            self.accounts.redriven.add(str(head.cause))
            return
        if head.service is not None and head.cause is not None and not self._is_recorded(head):
            self.broke("an answer is recorded before it is said", f"{head.service} says {head} because of {head.cause}")
        self.answers.came(head, stored.body)

    def _is_recorded(self, head: Head) -> bool:
        return any(
            head.id in (self.accounts.recorded_answers(str(head.service), cause) or ())
            for cause in self.answers.heads[str(head.cause)]
            if cause.order_id == head.order_id
        )

    def checkpointed(self, service: str, partition: str, number: int) -> None:
        """A service has got so far in a partition."""
        self.accounts.checkpointed(service, partition, number)

    def hub_recreated(self) -> None:
        """All that was in the hub is gone, and it counts from the beginning."""
        self.heads.clear()
        self.letters.at.clear()
        self.accounts.done.clear()
