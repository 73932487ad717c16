"""One decision: a participant, an event, a state, and fakes for its ports."""

import json
from typing import Any, TypeVar

from quartet.engine.declaration.outcome import Decided, Outcome
from quartet.engine.declaration.participant import Participant
from quartet.engine.records.codec import RecordCodec
from quartet.engine.records.record import Record
from quartet.events import Event, EventData, answer, new_event
from quartet.testing.clock import START, VirtualLoop
from quartet.testing.reactions import handler_of

S = TypeVar("S")
P = TypeVar("P")


def decide(
    participant: Participant[S, P],
    event: EventData | Event[Any],
    state: S | None = None,
    ports: P | None = None,
    *,
    giving_up: bool = False,
) -> Outcome[S]:
    """The participant's decision about one event, as a value.

    For tests without an event loop. A handler that sleeps does so on a virtual clock. An outcome that the engine would
    refuse is refused here: an answer that is not announced, is about another saga, or a state that cannot be stored.

    Args:
        participant: whose reaction it is.
        event: the event, or its data alone, which then has the source `/tests`. One of an older version is upcast as
            in production.
        state: the participant's state before the event; None if it has none of the saga.
        ports: the last argument of the handler.
        giving_up: run the fallback, as if the retries of the handler were used up.

    Raises:
        LookupError: the participant does not hear the event, or has no fallback for it.
        AssertionError: the decision cannot be said or stored.
        UpcastError: the event cannot be turned into the version that the participant handles.
        Exception: every error of the handler. There is no retry.
    """
    whole = event if isinstance(event, Event) else new_event(event, source="/tests", time=START, id=f"e-{event.type}")
    handler = handler_of(participant, type(whole.data), giving_up=giving_up)
    whole = participant.as_handled(whole)
    outcome: Outcome[S] = _run(handler(whole, state, ports))
    if isinstance(outcome, Decided):
        _check(participant, whole, outcome)
    return outcome


def _run(handling: Any) -> Any:  # noqa: ANN401 -- an awaitable of an outcome
    async def handle() -> Any:  # noqa: ANN401 -- the same
        return await handling

    return VirtualLoop().run_until_complete(handle())


def _check(participant: Participant[S, Any], cause: Event[Any], decided: Decided[S]) -> None:
    ids: set[str] = set()
    for data in decided.answers:
        if type(data) not in participant.reaction_to(type(cause.data)).says:
            raise AssertionError(
                f"{participant.name} does not say {data.type} about {cause.type}: add it to what the reaction says"
            )
        if data.saga_id != cause.saga_id:
            raise AssertionError(f"{data.type} is about saga {data.saga_id}, its cause about {cause.saga_id}")
        said = answer(cause, data, source=participant.source, time=START)
        if said.id in ids:
            raise AssertionError(f"two answers {data.type} to one event: give its model a discriminator")
        ids.add(said.id)
    codec: RecordCodec[S] = RecordCodec(participant.state)
    document = json.loads(json.dumps(codec.encode(Record(saga_id="s", pk="0", state=decided.state))))
    stored = codec.decode({**document, "_etag": "1"})
    if stored.state != decided.state:
        problem = stored.foreign.problem if stored.foreign else f"{stored.state!r} comes back"
        raise AssertionError(f"the state {decided.state!r} cannot be stored as it is: {problem}")
