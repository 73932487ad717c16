"""Nothing that came is neither handled nor kept: what a checkpoint says is compared with what is stored."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tests.simulation.answers import Answers
from tests.simulation.heads import REQUEST, Head
from tests.simulation.letters import Letters
from tests.simulation.saga import HEARS, Document, nothing_to_do
from tests.simulation.storage import is_open, key_of

Broke = Callable[[str, str], None]
Recorded = Mapping[tuple[str, str], tuple[str, ...]]


@dataclass(slots=True)
class Accounts:
    """Looks at every message once, when a checkpoint passes it.

    Attributes:
        broke: told of a broken rule: the rule, and what has happened.
        recorded: by service: by order and key of the event: the ids of the answers.
        states: by service and order: the document of the order.
        done: by service and partition: the highest checkpoint that was ever written.
        redriven: the ids of the requests to redrive that were answered.
    """

    broke: Broke
    answers: Answers
    letters: Letters
    recorded: Mapping[str, Recorded]
    states: Mapping[tuple[str, str], Document]
    heads: Mapping[str, list[Head]]
    done: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(lambda: -1))
    redriven: set[str] = field(default_factory=set)

    def checkpointed(self, service: str, partition: str, number: int) -> None:
        """A service says that it needs nothing of a partition any more, up to and including this message."""
        heads = self.heads[partition]
        if number >= len(heads):
            self.broke("a checkpoint is a watermark", f"{service} is at {number} of {len(heads)} in {partition}")
            return
        for position in range(self.done[service, partition] + 1, number + 1):
            self._passed(service, (partition, position), heads[position])
        self.done[service, partition] = max(number, self.done[service, partition])

    def recorded_answers(self, service: str, head: Head) -> tuple[str, ...] | None:
        """The ids of the answers that a service has recorded for an event; None if it has not handled it."""
        return self.recorded[service].get((head.order_id, key_of(head.source, head.id)))

    def _passed(self, service: str, place: tuple[str, int], head: Head) -> None:
        is_kept = (service, place) in self.letters.at
        if head.kept_by:
            if (service in head.kept_by) != is_kept:
                verb = "has lost" if service in head.kept_by else "keeps"
                self.broke("what cannot be read is kept", f"{service} {verb} {place}: {head}")
            return
        if head.type == REQUEST and head.content["data"]["participant"] == service and head.id not in self.redriven:
            self.broke("a request to redrive is answered", f"{service} passes {place}: {head}")
        if head.type not in HEARS[service]:
            if is_kept:
                self.broke("what is for others is passed over", f"{service} keeps {place}: {head}")
            return
        answers = self.recorded_answers(service, head)
        if answers is None:
            if not is_kept and not nothing_to_do(service, head.type, self.states.get((service, head.order_id))):
                self.broke("a checkpoint is a watermark", f"{service} passes {place}: {head}, neither handled nor kept")
            return
        # What is owed, or was handled although its letter is open, is answered once more by whoever redrives the
        # letter, who also sees to it that the hub gets it.
        letter = self.letters.at.get((service, place))
        if letter is None or not is_open(letter):
            for answer in answers:
                if not self.answers.was_said(service, answer):
                    self.broke("a handled event's answers are in the hub", f"{service} has not said {answer} of {head}")
