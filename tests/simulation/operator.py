"""The person who looks after the shop: redrives and discards, and has a word with the bank."""

from collections.abc import Sequence

from quartet.engine.dead_letters.store import StoredLetter
from quartet.engine.saga_update import COMPENSATION_FAILED
from quartet.testing.cluster.replicas import operator
from quartet.testing.cluster.replicas.replica import Replica
from services.payment.service import simulated_gateway


class Operator(operator.Operator):
    """Knows what only the shop has."""

    def is_final(self, letter: StoredLetter) -> bool:
        """A conflict is one for good."""
        return super().is_final(letter) or letter.letter.reason == "conflicting_order"

    async def prepare(self, replica: Replica, letters: Sequence[StoredLetter]) -> None:
        """Allow the refunds that the gateway has refused."""
        if replica.service_name == "payment":
            for stored in letters:
                if stored.letter.reason == COMPENSATION_FAILED:
                    await simulated_gateway(replica.context).allow_refund(str(stored.letter.saga_id))
