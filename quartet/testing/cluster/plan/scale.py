"""The limits of Cosmos DB, and smaller ones: with these every batch is split and every query has many pages."""

from dataclasses import dataclass
from typing import Final

from quartet.azure.cosmos.client import BatchLimits


@dataclass(frozen=True, slots=True)
class Scale:
    """How much the server takes and gives at one time.

    Attributes:
        operations, size: what the server takes in one transactional batch, in writes and bytes.
        page: how many rows of a query there are in an answer.
    """

    operations: int = 100
    size: int = 2_000_000
    page: int = 1000

    @property
    def batches(self) -> BatchLimits:
        """What the services know of it: a tenth is left for what is written around the documents."""
        return BatchLimits(self.operations, self.size * 9 // 10)


LARGE: Final = Scale()
SCALES: Final = (
    LARGE,
    Scale(operations=3, page=3),
    Scale(operations=2, page=1),
    Scale(operations=4, size=4_000, page=4),
    Scale(size=8_000, page=2),
)
