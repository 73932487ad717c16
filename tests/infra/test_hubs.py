"""The hubs of a deployment, their groups, and who may send and receive there: Bicep and the shop say the same."""

import pytest
from azure.eventhub.aio import EventHubConsumerClient, EventHubSharedKeyCredential

from quartet.azure.settings import Settings
from quartet.engine.declaration.hubs import LAYOUTS, Layout
from quartet.events import OPERATORS, OUTSIDE
from quartet.local.hub_config import CONSOLE
from services.shop import SHOP
from tests.infra import deployed
from tests.infra.bicep import assignments, parsed, read_json, resource
from tests.infra.deployed import FRONT_END, OPERATOR, RECEIVE, SEND

STATED = read_json("hubs.json")
SAGA = read_json("saga.json")
each_layout = pytest.mark.parametrize("layout", LAYOUTS)

Roles = set[tuple[str, str, str]]


def test_the_layouts_are_those_of_the_library() -> None:
    assert set(STATED) == set(LAYOUTS)
    for file in ("main.bicep", "service.bicep"):
        decorators = parsed(file)["parameters"]["hubLayout"]["decorators"]
        assert [one["argument"] for one in decorators if one["type"] == "allowed"] == [list(LAYOUTS)]


@each_layout
def test_who_reads_a_hub_is_what_the_participants_hear(layout: Layout) -> None:
    hubs = SHOP.hubs(layout)
    assert {name: one["reads"] for name, one in STATED[layout]["services"].items() if name in SHOP.names} == {
        participant.name: [hub.name for hub in hubs.read_by(participant)] for participant in SHOP
    }
    for one in STATED[layout]["services"].values():
        assert one["onlyReads"] == [name for name in one["reads"] if name != one["writes"]]
    assert [(hub["name"], hub["readers"]) for hub in STATED[layout]["hubs"]] == [
        (hub.name, [participant.name for participant in SHOP if hub in hubs.read_by(participant)]) for hub in hubs.all
    ]


@each_layout
def test_who_writes_a_hub_is_what_the_events_say(layout: Layout) -> None:
    stated = STATED[layout]
    writes = {name: one["writes"] for name, one in stated["services"].items() if name in SHOP.names}
    writes |= {OUTSIDE: stated["outside"], OPERATORS: stated["operators"]}
    assert {hub.name: hub.authors for hub in SHOP.hubs(layout).all} == {
        hub["name"]: frozenset(who for who, where in writes.items() if where == hub["name"]) for hub in stated["hubs"]
    }


def test_the_names_of_hubs_are_those_that_the_command_and_the_services_get() -> None:
    assert SAGA["hub"] == SHOP.hub == Settings.model_fields["event_hub_name"].default
    assert SAGA["inboundHub"] == SHOP.inbound_hub
    outputs = parsed("main.bicep")["outputs"]
    values = {name: deployed.main("inbound").value(one["value"]) for name, one in outputs.items() if "HUB_" in name}
    assert values == {"EVENT_HUB_NAME": SHOP.hub, "INBOUND_HUB_NAME": SHOP.inbound_hub, "HUB_LAYOUT": "inbound"}


@each_layout
def test_bicep_makes_the_hubs_with_a_group_for_each_reader(layout: Layout) -> None:
    hubs = SHOP.hubs(layout)
    assert deployed.hubs(layout) == {
        hub.name: [*(one.name for one in SHOP if hub in hubs.read_by(one)), CONSOLE] for hub in hubs.all
    }


def test_every_hub_has_the_same_partitions_retention_and_capture() -> None:
    given = parsed("modules/event-hubs.bicep")["modules"]["each"]["config"]["config"]["params"]
    made = resource("modules/event-hub.bicep", "hub").properties
    same = ("partitionCount", "retentionHours", "captureAccountId", "captureContainer", "captureIdentityId")
    assert {name: given[name] for name in same} == {name: name for name in same}
    assert made["partitionCount"] == "partitionCount"
    assert made["retentionDescription"]["retentionTimeInHours"] == "retentionHours"
    assert "captureAccountId" in str(made["captureDescription"])


def test_a_namespace_of_the_standard_tier_has_room_for_every_layout() -> None:
    """https://learn.microsoft.com/azure/event-hubs/event-hubs-quotas: 10 hubs, 20 groups each."""
    for stated in STATED.values():
        assert len(stated["hubs"]) <= 10
        assert all(len(hub["readers"]) + 1 <= 20 for hub in stated["hubs"])


def roles(layout: Layout, who: str, *, narrow: bool = True) -> Roles:
    return {(one.role, one.hub, one.group) for one in deployed.rights(layout, narrow=narrow)[who]}


@each_layout
@pytest.mark.parametrize("narrow", [True, False])
def test_a_service_sends_to_its_hub_and_receives_from_those_that_it_reads(layout: Layout, narrow: bool) -> None:
    """With its own group only if it also sends there: else it could not ask for the hub's partitions."""
    hubs = SHOP.hubs(layout)
    for participant in SHOP:
        own = hubs.written_by(participant.name)
        expected = {(SEND, own.name, "")}
        for hub in hubs.read_by(participant):
            expected.add((RECEIVE, hub.name, participant.name if narrow and hub == own else ""))
        assert roles(layout, participant.name, narrow=narrow) == expected


async def test_the_sdk_asks_a_hub_for_its_partitions_with_a_token_for_the_whole_hub(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """If this fails, a right on the consumer group may be enough where a service does not send."""
    asked: list[str | None] = []

    async def note(*, auth_uri: str | None = None) -> None:
        asked.append(auth_uri)
        raise KeyboardInterrupt  # before it connects; the SDK would repeat after another error

    client = EventHubConsumerClient("ns.example", "orders", "order", credential=EventHubSharedKeyCredential("a", "b"))
    monkeypatch.setattr(client, "_create_auth_async", note)
    async with client:
        with pytest.raises(KeyboardInterrupt):
            await client.get_partition_ids()
    assert asked == [None]
    assert client._eventhub_auth_uri == "sb://ns.example/orders"  # noqa: SLF001 -- the SDK does not show it
    assert client._auth_uri == "sb://ns.example/orders/consumergroups/order"  # noqa: SLF001 -- the same


@each_layout
def test_an_operator_asks_and_places_orders_and_reads_everything(layout: Layout) -> None:
    hubs = SHOP.hubs(layout)
    expected = {(SEND, hubs.of_operators.name, ""), (SEND, hubs.of_outside.name, "")}
    assert roles(layout, OPERATOR) == expected | {(RECEIVE, hub.name, "") for hub in hubs.all}


@each_layout
def test_a_front_end_sends_to_one_hub_and_may_do_nothing_else(layout: Layout) -> None:
    assert roles(layout, FRONT_END) == {(SEND, SHOP.hubs(layout).of_outside.name, "")}


@pytest.mark.parametrize(
    ("module", "parameter"), [(OPERATOR, "operatorPrincipalId"), ("frontEnd", "frontEndPrincipalId")]
)
def test_no_right_is_given_to_an_identity_that_is_not_named(module: str, parameter: str) -> None:
    condition = parsed("main.bicep")["modules"][module]["config"]["condition"]["operator"]
    assert condition["type"] == "not"
    assert condition["operands"]["bool_value"]["function"] == {
        "type": "empty",
        "parameters": {"item_to_test": parameter},
    }
    assert parsed("main.bicep")["parameters"][parameter]["default"] == ""


@pytest.mark.parametrize(
    ("layout", "hub", "senders"),
    [
        ("one", "saga-events", {FRONT_END, OPERATOR, *SHOP.names}),
        ("inbound", "saga-events", {OPERATOR, *SHOP.names}),
        ("inbound", "orders", {FRONT_END, OPERATOR}),
        ("authors", "saga-events", {OPERATOR}),
        ("authors", "orders", {FRONT_END, OPERATOR}),
        ("authors", "saga-events-order", {"order"}),
        ("authors", "saga-events-inventory", {"inventory"}),
        ("authors", "saga-events-payment", {"payment"}),
        ("authors", "saga-events-shipping", {"shipping"}),
    ],
)
def test_these_may_send_to_a_hub(layout: Layout, hub: str, senders: set[str]) -> None:
    rights = deployed.rights(layout)
    assert {who for who, some in rights.items() if (SEND, hub) in {(one.role, one.hub) for one in some}} == senders


def test_a_right_has_a_name_of_its_own_which_it_keeps_in_every_layout() -> None:
    """Azure refuses a second assignment of the same role to the same identity on the same scope."""
    names: dict[str, set[tuple[str, str, str, str]]] = {}
    rights: dict[tuple[str, str, str, str], set[str]] = {}
    for layout in LAYOUTS:
        listed = [(who, one) for who, some in deployed.rights(layout).items() for one in some]
        assert len({one.name for _, one in listed}) == len(listed)
        for who, one in listed:
            right = (who, one.role, one.hub, one.group)
            names.setdefault(one.name, set()).add(right)
            rights.setdefault(right, set()).add(one.name)
    assert max(map(len, names.values())) == 1
    assert max(map(len, rights.values())) == 1


@each_layout
def test_a_service_writes_checkpoints_of_its_own_groups_only(layout: Layout) -> None:
    # The SDK's layout: NAMESPACE/HUB/GROUP/checkpoint/PARTITION and …/ownership/PARTITION, in lower case.
    hubs = SHOP.hubs(layout)
    made = {
        one["service"]: deployed.checkpoint_prefixes(one) for one in deployed.services(layout) if one["receiveFrom"]
    }
    assert made == {
        participant.name: [f"*/{hub.name}/{participant.name}/*" for hub in hubs.read_by(participant)]
        for participant in SHOP
    }
    assert all(hub.name.islower() for hub in hubs.all)


def test_production_keeps_what_front_ends_send_apart() -> None:
    assert parsed("main.bicep")["parameters"]["hubLayout"]["default"] == "one"
    assert "hubLayout" not in assignments("dev.bicepparam")
    assert assignments("prod.bicepparam")["hubLayout"] == "'inbound'"
