"""How the sample orders must end, and how that compares with how they ended."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from quartet.events import explain
from quartet.terminal.files import read_text
from quartet.terminal.user_error import UserError
from services.operations.publish.outcomes import outcome_counts
from services.operations.publish.waiting import Outcome
from services.order.domain import OrderStatus


class Expectation(BaseModel):
    """How one order ends. `reason` is empty for one that is completed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    status: OrderStatus
    reason: str
    story: str

    @property
    def outcome(self) -> Outcome:
        """The same, as it is stored."""
        return Outcome(self.status, self.reason)


class Contest(BaseModel):
    """Orders that compete for too few pieces: the number of winners is certain, the winners are not."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    story: str
    orders: tuple[str, ...]
    completed: int
    cancelled: int
    reason: str

    @property
    def outcomes(self) -> Counter[Outcome]:
        """How many end how."""
        return Counter(
            {
                Outcome(OrderStatus.COMPLETED, ""): self.completed,
                Outcome(OrderStatus.CANCELLED, self.reason): self.cancelled,
            }
        )


class Expectations(BaseModel):
    """The file `expectations.json`.

    Attributes:
        unreadable: by the id of an order that no service can read, the field that is wrong.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    orders: Mapping[str, Expectation]
    contests: tuple[Contest, ...]
    unreadable: Mapping[str, str]

    @property
    def order_ids(self) -> set[str]:
        """Every order that is to end."""
        return set(self.orders) | {order_id for contest in self.contests for order_id in contest.orders}


@dataclass(frozen=True, slots=True)
class Verdict:
    """One group of orders: their story, the expected outcomes, and the real ones."""

    story: str
    orders: int
    expected: str
    got: str
    is_met: bool


def read_expectations(path: Path) -> Expectations:
    """Read the file.

    Raises:
        UserError: it cannot be read, or a field is wrong.
    """
    try:
        return Expectations.model_validate_json(read_text(path))
    except ValidationError as error:
        raise UserError(f"{path}: {explain(error)}") from error


def compare(expected: Expectations, got: Mapping[str, Outcome]) -> list[Verdict]:
    """A verdict per story, in the order of the file."""
    stories: dict[tuple[str, Outcome], list[str]] = {}
    for order_id, expectation in expected.orders.items():
        stories.setdefault((expectation.story, expectation.outcome), []).append(order_id)
    verdicts = [
        _verdict(story, order_ids, got, Counter({outcome: len(order_ids)}))
        for (story, outcome), order_ids in stories.items()
    ]
    verdicts += [_verdict(contest.story, contest.orders, got, contest.outcomes) for contest in expected.contests]
    return verdicts


def _verdict(story: str, order_ids: Sequence[str], got: Mapping[str, Outcome], expected: Counter[Outcome]) -> Verdict:
    found = Counter(got[order_id] for order_id in order_ids if order_id in got)
    missing = len(order_ids) - found.total()
    unknown = f", {missing} unknown" if missing else ""
    return Verdict(
        story, len(order_ids), outcome_counts(expected), outcome_counts(found) + unknown, is_met=found == expected
    )
