"""What the injected faults do to requests: refused, late, answered falsely, overtaken, done twice, or cut off.

Statuses and sub-statuses are those of "HTTP status codes for Azure Cosmos DB" (REST reference).
"""

import asyncio
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Final

from quartet_emulators.cosmos.errors import RETRY_WITH, CosmosError, precondition_failed
from quartet_emulators.cosmos.exchange import Answer, Call
from quartet_emulators.cosmos.json_text import Json, decode, decode_stored
from quartet_emulators.cosmos.resources.account import Account
from quartet_emulators.cosmos.wire.agents import agent_of
from quartet_emulators.cosmos.wire.dispatch import Dispatcher, operation_of
from quartet_emulators.cosmos.writing.batch import failed
from quartet_emulators.cosmos.writing.transaction import Transaction
from quartet_emulators.faults import Injector, Rule

_THROTTLED: Final = 3200
_DATABASE, _CONTAINER, _ITEM = 1, 3, 5  # their places in the path
_CONDITIONAL: Final = {"upsert", "replace", "patch", "delete", "batch"}
_NEEDS_CONDITION: Final = ("precondition_failed", "rival_write")
_REFUSALS: Final[dict[str, CosmosError]] = {
    "throttle": CosmosError(
        HTTPStatus.TOO_MANY_REQUESTS,
        "The request rate is too large. Please retry after sometime.",
        substatus=_THROTTLED,
    ),
    "unavailable": CosmosError(HTTPStatus.SERVICE_UNAVAILABLE, "Service is currently unavailable."),
    "timeout": CosmosError(HTTPStatus.REQUEST_TIMEOUT, "The requested operation exceeded maximum alloted time."),
    "retry_with": CosmosError(
        RETRY_WITH, "Conflicting request to resource has been attempted. Retry to avoid conflicts."
    ),
    "precondition_failed": precondition_failed(
        "Operation cannot be performed because one of the specified precondition is not met."
    ),
}


class Failing:
    """Answers calls while there are rules."""

    def __init__(self, dispatcher: Dispatcher, account: Account, faults: Injector, clock: Callable[[], float]) -> None:
        self._dispatcher = dispatcher
        self._account = account
        self._faults = faults
        self._clock = clock

    async def answer(self, call: Call) -> Answer | None:
        """The answer to a call, or nothing if its connection is to be dropped without one."""
        rule = self._choose(call)
        if rule is None:
            return await self._dispatcher.answer_in_time(call)
        if rule.fault in _REFUSALS:
            return self._refuse(call, rule)
        if rule.fault == "drop_connection":
            return None
        if rule.fault == "slow":
            await asyncio.sleep(rule.seconds)
        elif rule.fault == "rival_write":
            self._touch(call)
        elif rule.fault == "repeat":
            self._dispatcher.carry_out(call, operation_of(call))
        answer = await self._dispatcher.answer_in_time(call)
        return None if rule.fault == "lost_reply" else answer

    def _choose(self, call: Call) -> Rule | None:
        segments = call.segments
        where = {
            "agent": agent_of(call.headers.get("user-agent")),
            "database": segments[_DATABASE] if len(segments) > _DATABASE else "",
            "container": segments[_CONTAINER] if len(segments) > _CONTAINER else "",
            "partition": call.headers.get("x-ms-documentdb-partitionkey", ""),
        }
        impossible = () if conditional_operations(call) else _NEEDS_CONDITION
        return self._faults.choose(operation_of(call), where, impossible)

    def _refuse(self, call: Call, rule: Rule) -> Answer:
        if rule.applied:
            self._dispatcher.answer(call)
        error = _REFUSALS[rule.fault]
        answer = self._dispatcher.refuse(call, error)
        if rule.fault == "throttle":
            answer.headers["x-ms-retry-after-ms"] = str(rule.retry_after_ms)
        if rule.fault == "precondition_failed" and operation_of(call) == "batch":
            operations = decode(call.body)
            index, _ = conditional_operations(call)[0]
            return Answer(HTTPStatus.MULTI_STATUS, failed(error, index, len(operations)).body, answer.headers)
        return answer

    def _touch(self, call: Call) -> None:
        """Write the items again that the call has conditions on: same content, another ETag."""
        try:
            container = self._account.container(call.segments[_DATABASE], call.segments[_CONTAINER])
            partition = container.partition_key.text_in_header(call.headers.get("x-ms-documentdb-partitionkey"))
        except CosmosError:
            return  # the call itself gets the error
        rival = Transaction(container, partition, self._clock())
        for _, item_id in conditional_operations(call):
            item = rival.find(item_id)
            if item is not None:
                rival.write(item_id, decode_stored(item.body), item)
        rival.commit()


def conditional_operations(call: Call) -> Sequence[tuple[int, str]]:
    """The writes of a call that depend on what is stored: their places in the batch, and the ids of their items."""
    operation = operation_of(call)
    if operation not in _CONDITIONAL:
        return ()
    try:
        body = decode(call.body) if call.body else None
    except CosmosError:
        return ()
    if operation == "batch":
        entries = body if isinstance(body, list) else []
        return [
            (index, str(entry.get("id")))
            for index, entry in enumerate(entries)
            if isinstance(entry, dict) and ("ifMatch" in entry or _is_filtered(entry.get("resourceBody")))
        ]
    if "if-match" not in call.headers and not (operation == "patch" and _is_filtered(body)):
        return ()
    named = call.segments[_ITEM] if len(call.segments) > _ITEM else body.get("id") if isinstance(body, dict) else None
    return [(0, str(named))]


def _is_filtered(body: Json) -> bool:
    """Whether it is a patch that says on what condition it may be applied."""
    return isinstance(body, dict) and "operations" in body and "condition" in body
