"""The audit of the shop while it runs, for the console: a few orders at a time, and now and then everything."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from quartet.cli.audit.finding import Finding
from quartet.cli.reading.connection import Cosmos
from quartet.cli.reading.stored import Stored
from services.operations.audit.invariants import audit_orders
from services.operations.audit.ledgers import Ledgers, open_ledgers
from services.operations.audit.reading import read_snapshot
from services.operations.audit.running import run_audit

_GRACE: Final = timedelta(seconds=60)
_SETTLE: Final = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class ShopWatch:
    """The `Watch` of the shop."""

    cosmos: Cosmos
    ledgers: Ledgers
    environment: Mapping[str, str] | None

    async def sagas(self, saga_ids: Collection[str]) -> Sequence[Finding]:
        """See `Watch.sagas`."""
        snapshot = await read_snapshot(Stored(self.cosmos), self.ledgers, saga_ids)
        return audit_orders(snapshot, _GRACE, saga_ids, self.ledgers.why_no_look_up)

    async def everything(self) -> Sequence[Finding]:
        """See `Watch.everything`."""
        return await run_audit(self.cosmos, grace=_GRACE, settle=_SETTLE, environment=self.environment)


@asynccontextmanager
async def watch(cosmos: Cosmos, environment: Mapping[str, str] | None = None) -> AsyncIterator[ShopWatch]:
    """The audit, with the ledgers of the ports that the environment names (this process's, if None).

    Raises:
        ConfigurationError: a port cannot be opened, is not the service's own, or has no ledger.
        OutageError: a server does not answer.
    """
    async with open_ledgers(cosmos, environment) as ledgers:
        yield ShopWatch(cosmos, ledgers, environment)
