"""Bugs in the adapters for Azure: receiving, checkpoints, records."""

from typing import Final

from tests.mutants.mutant import mutant

AZURE: Final = (
    mutant(
        "checkpoint before publish",
        "quartet/azure/event_hubs/consumer.py",
        "        batch = await self._process(partition, [message_of(event, self._hub) for event in events])\n",
        "        self._checkpoints.mark(context, events[-1])\n"
        "        batch = await self._process(partition, [message_of(event, self._hub) for event in events])\n",
    ),
    mutant(
        "receiving begins at the end of the stream",
        "quartet/azure/event_hubs/consumer.py",
        'starting_position="-1"',
        'starting_position="@latest"',
    ),
    mutant(
        "replace without an ETag",
        "quartet/azure/cosmos/records.py",
        'return ("replace", (record.saga_id, document), {"if_match_etag": record.etag})',
        'return ("replace", (record.saga_id, document), {})',
    ),
    # Starts and stops
    mutant(
        "what is cancelled at stop() counts as finished",
        "quartet/azure/event_hubs/consumer.py",
        "        batch = await self._process(partition, [message_of(event, self._hub) for event in events])\n",
        "        try:\n"
        "            batch = await self._process(partition, [message_of(event, self._hub) for event in events])\n"
        "        except asyncio.CancelledError:\n"
        "            self._checkpoints.mark(context, events[-1])\n"
        "            raise\n",
        "        for task in await self._finish_batches(within):\n            task.cancel()\n",
        "        unfinished = await self._finish_batches(within)\n"
        "        for task in unfinished:\n            task.cancel()\n"
        "        await asyncio.gather(*unfinished, return_exceptions=True)\n",
        case="stopped and started again",
    ),
    mutant(
        "a new hub is recorded before its checkpoints are put back",
        "quartet/azure/event_hubs/stale_checkpoints.py",
        "            await self._put_back(checkpoints)\n            await self._record(made_at)\n",
        "            await self._record(made_at)\n            await self._put_back(checkpoints)\n",
        case="another hub, and nobody else is there",
    ),
    # Limits and servers
    mutant(
        "the document at the border of a batch is dropped",
        "quartet/azure/cosmos/client.py",
        "            chunk, size = [], 0\n        chunk.append(document)",
        "            chunk, size = [], 0\n            continue\n        chunk.append(document)",
    ),
    mutant(
        "an order whose write is refused for a while is given up",
        "quartet/azure/cosmos/client.py",
        "OUTAGE = REFUSED | PASSING | frozenset({410, 449})",
        "OUTAGE = REFUSED | PASSING",
    ),
)
