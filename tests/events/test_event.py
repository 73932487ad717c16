"""Ids that a repeat has again, and what goes along from cause to answer."""

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from quartet.events import (
    Event,
    answer,
    bucket_of,
    derived_id,
    event_key,
    legacy_derived_id,
    new_event,
    partition_of,
    service_source,
)
from shared.events import CompensationFailed, OrderCreated, PaymentFailed, PaymentVoided
from tests.events.samples import ORDER

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
VOIDED = PaymentVoided(order_id="ahab-1851")


@pytest.fixture
def cause() -> Event[OrderCreated]:
    return new_event(OrderCreated.model_validate(ORDER), source="/shop", time=NOON, id="evt-1")


def test_derived_ids_never_change() -> None:
    """A repeat after an upgrade has the id that it had before."""
    assert derived_id("/shop", "evt-1", "PaymentVoided.v1") == "58503875-e477-5ea6-a7f9-3f971d7fda41"
    assert derived_id("/shop", "evt-1", "CompensationFailed.v1", "refund") == "aade6b85-0d6e-54c7-8221-831c7f0587bd"
    assert event_key("/shop", "evt-1") == "21e2d015d9b697e66005efd3f84be00e"


def test_the_first_derivation_is_still_known() -> None:
    """Answers that an older release recorded are recognised by it."""
    assert legacy_derived_id("evt-1", "PaymentVoided.v1") == "c3b26714-442e-553c-b35a-79ee3e070457"
    assert legacy_derived_id("evt-1", "CompensationFailed.v1", "refund") == "9a50d305-14fc-5546-8206-9ef6d3e5b5b4"


def test_a_derived_id_depends_on_everything_it_is_derived_from() -> None:
    ids = [
        derived_id("/shop", "evt-1", "A.v1"),
        derived_id("/shop2", "evt-1", "A.v1"),
        derived_id("/shop", "evt-2", "A.v1"),
        derived_id("/shop", "evt-1", "B.v1"),
        derived_id("/shop", "evt-1", "A.v1", "x"),
        derived_id("/shop", "evt-1", "A.v1", "x\ny"),
        derived_id("/sho", "pevt-1", "A.v1"),
        legacy_derived_id("evt-1", "A.v1"),
        legacy_derived_id("evt-2", "A.v1"),
        legacy_derived_id("evt-1", "A.v1", "x"),
        legacy_derived_id("x\nevt-1", "A.v1"),
    ]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("parts", [("/a\nb", "1", "A.v1"), ("/a", "b\n1", "A.v1"), ("/a", "1", "A.v1\nx")])
def test_no_part_can_be_taken_for_another_one(parts: tuple[str, str, str]) -> None:
    with pytest.raises(ValueError, match="line breaks"):
        derived_id(*parts)


def test_two_shops_that_both_count_from_one_are_answered_by_different_events() -> None:
    """CloudEvents: two events are the same only if source and id are."""
    order = OrderCreated.model_validate(ORDER)
    web, mobile = (new_event(order, source=f"/shop/{shop}", time=NOON, id="1") for shop in ("web", "mobile"))
    said: list[Event[Any]] = [web, mobile]
    for _ in range(3):  # and so are the answers to the answers
        said += [answer(cause, VOIDED, source="/services/payment", time=NOON) for cause in said[-2:]]
    assert len({event.key for event in said}) == len(said)
    assert len({event.id for event in said[2:]}) == len(said) - 2


def test_the_key_of_an_event_is_its_source_and_id_and_nothing_else() -> None:
    one = new_event(VOIDED, source="/shop", time=NOON, id="1")
    again = new_event(PaymentFailed(order_id="o-2", reason="no"), source="/shop", time=NOON + timedelta(days=1), id="1")
    assert one.key == again.key == event_key("/shop", "1")
    others = [new_event(VOIDED, source=source, time=NOON, id=id_) for source, id_ in [("/shop", "2"), ("/sho", "p1")]]
    assert len({event.key for event in [one, *others]}) == 3


def test_an_answer_run_again_is_the_same_event_at_another_time(cause: Event[OrderCreated]) -> None:
    first = answer(cause, VOIDED, source="/services/payment", time=NOON)
    again = answer(cause, VOIDED, source="/services/payment", time=NOON + timedelta(hours=1))
    assert first.id == again.id == derived_id("/shop", "evt-1", "PaymentVoided.v1")
    assert first.traceparent == again.traceparent


def test_answers_of_one_type_differ_by_their_discriminator(cause: Event[OrderCreated]) -> None:
    one, other = (answer(cause, VOIDED, source="/s", time=NOON, discriminator=text) for text in ("a", "b"))
    assert one.id != other.id


def test_two_discriminators_are_not_run_together(cause: Event[OrderCreated]) -> None:
    failed = CompensationFailed(order_id="ahab-1851", compensation="refund", reason="no")
    said = answer(cause, failed, source="/s", time=NOON, discriminator="again")
    assert said.id == derived_id("/shop", "evt-1", failed.type, "again\nrefund")


def test_two_services_that_fail_to_compensate_for_one_event_say_two_events(cause: Event[OrderCreated]) -> None:
    refund, release = (
        answer(
            cause,
            CompensationFailed(order_id="ahab-1851", compensation=compensation, reason="no"),
            source="/s",
            time=NOON,
        )
        for compensation in ("refund", "release")
    )
    assert refund.id != release.id


def test_an_answer_carries_the_correlation_on_and_names_its_cause(cause: Event[OrderCreated]) -> None:
    failed = PaymentFailed(order_id="ahab-1851", reason="payment_declined")
    first = answer(cause, failed, source=service_source("payment"), time=NOON)
    second = answer(first, VOIDED, source=service_source("shipping"), time=NOON)
    assert (first.correlation_id, first.causation_id, first.source) == ("ahab-1851", "evt-1", "/services/payment")
    assert (second.correlation_id, second.causation_id) == ("ahab-1851", first.id)
    assert first.type == "PaymentFailed.v1"


def test_an_answer_is_about_the_order_of_its_cause(cause: Event[OrderCreated]) -> None:
    with pytest.raises(ValueError, match="the answer is about saga ishmael-1, its cause about ahab-1851"):
        answer(cause, PaymentVoided(order_id="ishmael-1"), source="/s", time=NOON)


def test_all_events_of_a_saga_share_a_trace_and_each_has_its_own_span(cause: Event[OrderCreated]) -> None:
    parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"
    traced = new_event(cause.data, source="/shop", time=NOON, id="evt-1", traceparent=parent)
    first = answer(traced, VOIDED, source="/s", time=NOON)
    assert traced.traceparent == parent
    assert first.traceparent is not None
    assert re.fullmatch(r"00-4bf92f3577b34da6a3ce929d0e0e4736-[0-9a-f]{16}-00", first.traceparent)
    assert first.traceparent != parent


def test_without_a_trace_the_order_is_the_trace(cause: Event[OrderCreated]) -> None:
    cancellation = new_event(VOIDED, source="/shop", time=NOON)
    untraced = Event("evt-9", "/shop", cause.type, "ahab-1851", NOON, "ahab-1851", None, None, cause.data)
    traces = {
        str(event.traceparent).split("-")[1]
        for event in (cause, cancellation, answer(untraced, VOIDED, source="/s", time=NOON))
    }
    assert len(traces) == 1


def test_two_new_events_have_two_ids_unless_they_are_given_one() -> None:
    one, other = (new_event(VOIDED, source="/shop", time=NOON) for _ in range(2))
    assert one.id != other.id
    assert new_event(VOIDED, source="/shop", time=NOON, id="mine").id == "mine"


def test_times_are_kept_in_utc_and_never_without_a_zone() -> None:
    in_oslo = NOON.astimezone(timezone(timedelta(hours=1)))
    assert new_event(VOIDED, source="/shop", time=in_oslo).time.tzinfo is UTC
    with pytest.raises(ValueError, match="time zone"):
        new_event(VOIDED, source="/shop", time=NOON.replace(tzinfo=None))


def test_the_bucket_of_an_order_never_changes() -> None:
    assert [bucket_of("ahab-1851", buckets) for buckets in (1, 16, 256)] == ["0", "2", "146"]
    assert {bucket_of(f"order-{number}", 16) for number in range(1000)} == {str(bucket) for bucket in range(16)}
    with pytest.raises(ValueError, match="at least 1"):
        bucket_of("ahab-1851", 0)


def test_the_sagas_of_a_bucket_are_in_one_partition_if_the_numbers_fit() -> None:
    partitions = ["0", "1", "2", "3"]
    sagas = [f"order-{number}" for number in range(1000)]
    where = {(bucket_of(saga, 16), partition_of(saga, partitions)) for saga in sagas}
    assert len(where) == 16
    assert {partition for _, partition in where} == set(partitions)
    assert [partition_of("ahab-1851", ids) for ids in (["a"], partitions, ["a", "b", "c"])] == ["a", "2", "c"]
    with pytest.raises(ValueError, match="at least 1"):
        partition_of("ahab-1851", [])
