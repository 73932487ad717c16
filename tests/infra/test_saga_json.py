"""infra/saga.json says what to make in Azure; the code says what it needs there."""

import inspect
import json
import re
from typing import Any

import pytest

from quartet.azure.cosmos import console_database
from quartet.azure.cosmos.stored_letters import OF_SAGA
from quartet.azure.settings import Settings
from quartet.console.projection.cosmos import figures, generations, removing, searching
from quartet.console.projection.query import Query, Word
from quartet.engine.declaration.hubs import LAYOUTS
from quartet.engine.declaration.participant import Participant
from quartet.local.hub_config import CONSOLE, PARTITIONS
from services.operations.participants import PARTICIPANTS
from tests.infra import deployed
from tests.infra.bicep import INFRA, parsed, read_json, resource

SAGA = read_json("saga.json")
SERVICES = {service["name"]: service for service in SAGA["services"]}

# What queries of the services and the quartet command filter on, besides the id, which is always indexed. A new filter
# belongs here and into saga.json; without an index it reads the whole container.
FILTERS = {
    "orders": ["/status/?", "/deadline/?"],
    "dead-letters": ["/saga_id/?", "/order_id/?", "/settled/?"],  # order_id is what earlier releases stored
}


def test_its_services_are_the_participants() -> None:
    assert list(SERVICES) == [participant.name for participant in PARTICIPANTS]


@pytest.mark.parametrize("participant", PARTICIPANTS, ids=lambda one: one.name)
def test_databases_containers_and_partition_keys_are_those_of_the_code(participant: Participant[Any, Any]) -> None:
    service = SERVICES[participant.name]
    assert service["database"] == participant.database
    assert {one["name"]: one["partitionKey"] for one in service["containers"]} == {
        spec.name: spec.partition_key for spec in participant.all_containers
    }
    assert service["hears"] == sorted(participant.hears)


@pytest.mark.parametrize("participant", PARTICIPANTS, ids=lambda one: one.name)
def test_only_filtered_properties_are_indexed(participant: Participant[Any, Any]) -> None:
    for container in SERVICES[participant.name]["containers"]:
        # The partition key is indexed only if a policy says so, unless it is the id.
        key = [] if container["partitionKey"] == "/id" else [container["partitionKey"] + "/?"]
        assert [one["path"] for one in container["indexed"]] == key + FILTERS.get(container["name"], [])


def test_the_dead_letters_of_a_saga_are_found_by_an_index() -> None:
    filtered = {f"/{name}/?" for name in re.findall(r"c\.([a-z_]+)", OF_SAGA)}
    assert filtered
    assert filtered <= set(FILTERS["dead-letters"])


def test_groups_and_container_are_those_of_the_code() -> None:
    assert SAGA["consoleGroup"] == CONSOLE
    assert SAGA["checkpointContainer"] == Settings.model_fields["blob_container"].default


def test_the_database_of_the_console_is_that_of_its_projection() -> None:
    stated = SAGA["console"]
    assert (stated["name"], stated["database"]) == (CONSOLE, console_database.DATABASE)
    assert {one["name"]: one["partitionKey"] for one in stated["containers"]} == {
        spec.name: spec.partition_key for spec in console_database.CONTAINERS
    }


def test_what_the_projection_is_asked_for_is_indexed_and_nothing_else() -> None:
    """Bodies and summaries are the most of what is written; an index of them would cost more than they do."""
    asked = Query(words=(Word("a"), Word("b", "c")), statuses=("stuck", "open", "taken"), after=1, before=2)
    where = searching.conditions(1, asked, stuck_before=3, cursor="4.trip-1")
    queries = [*where.conditions, *map(inspect.getsource, (figures, generations, removing))]
    filtered = {name for text in queries for name in re.findall(r"\bc\.([a-z_]+)", text)} - {"id", "_ts"}
    arrays = {name for text in where.conditions for name in re.findall(r"IN c\.([a-z]+)", text)}
    sagas = next(one for one in SAGA["console"]["containers"] if one["name"] == console_database.SAGAS.name)
    assert {one["path"] for one in sagas["indexed"]} == {
        f"/{name}/[]/?" if name in arrays else f"/{name}/?" for name in filtered | {"pk"}
    }
    ordered = re.search(r"ORDER BY (.+?) OFFSET", inspect.getsource(searching.search))
    assert ordered is not None
    assert [
        [f"c{one['path'].replace('/', '.')} {one['order'][:4].upper()}" for one in composite]
        for composite in sagas["composite"]
    ] == [ordered[1].split(", ")]


def test_the_emulators_have_the_hubs_of_every_layout() -> None:
    """Each with a group for every service that reads it in some layout."""
    emulator = json.loads((INFRA / "eventhubs-emulator" / "Config.json").read_text())
    entities = emulator["UserConfig"]["NamespaceConfig"][0]["Entities"]
    made = {hub["Name"]: {group["Name"] for group in hub["ConsumerGroups"]} for hub in entities}
    asked = {name: groups for layout in LAYOUTS for name, groups in deployed.hubs(layout).items()}

    assert made.keys() == asked.keys()
    for layout in LAYOUTS:
        for name, groups in deployed.hubs(layout).items():
            assert set(groups) <= made[name]
    assert {hub["PartitionCount"] for hub in entities} == {PARTITIONS}


def test_partitions_and_buckets_are_those_of_the_design() -> None:
    # Fixed for the life of a deployment. Replicas beyond the partitions would have nothing to do.
    assert SAGA["partitions"] == 32
    assert SAGA["buckets"] == 256
    assert parsed("service.bicep")["variables"]["maxReplicas"]["value"] == SAGA["partitions"]


def test_bicep_makes_what_saga_json_says() -> None:
    (given,) = deployed.given(deployed.main("one"), "main.bicep", "eventHubs", ("partitionCount", "consoleGroup"))
    assert given == {"partitionCount": SAGA["partitions"], "consoleGroup": SAGA["consoleGroup"]}


def test_containers_expire_nothing_and_are_made_as_listed() -> None:
    container = resource("modules/cosmos-database.bicep", "all").properties["resource"]
    assert container["defaultTtl"] == {"operator": {"type": "minus", "operands": {"integer_value": 1}}}
    assert [one["path"] for one in container["indexingPolicy"]["excludedPaths"]] == ["/*"]
    ((key,),) = (container["partitionKey"]["paths"],)
    assert key["operator"]["operands"] == {"operand_1": "container", "operand_2": "partitionKey"}


def test_each_tier_gives_each_database_its_request_units() -> None:
    for tier in read_json("tiers.json").values():
        assert sorted(tier["requestUnits"]) == sorted(service["database"] for service in SERVICES.values())
