"""The sagas as Azure Durable Functions: registered, and run as the host would run them, with real handlers."""

import asyncio
import json
import os
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from quartet.azure.cosmos.port_record import record_ports
from quartet.azure.settings import Settings
from quartet.cli.reading.connection import open_cosmos
from quartet.engine.failures.timeouts import stretched
from quartet.events import Event, format_time, to_json
from services.operations.audit.running import run_audit
from services.operations.participants import SIMULATED_PORTS
from services.operations.publish.catalogue import Product
from services.operations.seed.seeding import provision, seed
from services.orchestrator.activities import SERVICES, WHO_IS_TOLD
from services.orchestrator.saga import CANCEL
from shared.events import OrderCancelled, OrderCompleted
from tests.runtime.fakes import QUIET
from tests.saga.shop import address, cancellation, order
from tests.stack_fixture import running_stack

ROOT: Final = Path(__file__).parents[2]
LOCK: Final = ROOT / "requirements" / "functions.txt"
INSTALL_SECONDS: Final = stretched(600)
RUN_SECONDS: Final = stretched(120)
DEADLINE: Final = timedelta(hours=1)
PRODUCT: Final = "krummhorn"
SAGA: Final = "order_saga"
# What every app of the package has, for HTTP calls of an orchestration. Ours makes none.
OF_THE_PACKAGE: Final = {"BuiltIn__HttpActivity", "BuiltIn__HttpPollOrchestrator"}


def python_313() -> str | None:
    """Python 3.13, if there is one. A name on the path may be a launcher without a Python behind it."""
    program = shutil.which(os.environ.get("PYTHON313", "python3.13"))
    if program is None:
        return None
    version = ("-c", "import sys; sys.exit(sys.version_info[:2] != (3, 13))")
    done = subprocess.run([program, *version], check=False, capture_output=True, timeout=INSTALL_SECONDS)
    return program if done.returncode == 0 else None


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the packages of `requirements/functions.txt` and nothing else."""
    if os.environ.get("QUARTET_FUNCTIONS") != "1":
        pytest.skip("NOT RUN: run by `make functions-test`, not by `make test`")
    program = python_313()
    if program is None:
        pytest.fail("there is no Python 3.13: install one, or name it with PYTHON313", pytrace=False)
    directory = tmp_path_factory.mktemp("functions")
    made = directory / "bin" / "python"
    asyncio.run(run(program, "-m", "venv", str(directory), seconds=INSTALL_SECONDS))
    asyncio.run(
        run(str(made), "-m", "pip", "install", "-q", "--require-hashes", "-r", str(LOCK), seconds=INSTALL_SECONDS)
    )
    return made


async def run(*words: str, seconds: float, given: str = "", **environment: str) -> str:
    """Standard output of a program that must succeed."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "COVERAGE"))}
    process = await asyncio.create_subprocess_exec(
        *words, cwd=ROOT, env=kept | environment, stdin=-1, stdout=-1, stderr=-1
    )
    try:
        out, problems = await asyncio.wait_for(process.communicate(given.encode()), seconds)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, f"{' '.join(words)}\n{problems.decode()[-4000:]}"
    return out.decode()


def first(event: Event[Any]) -> dict[str, Any]:
    """The input of an orchestration, as the orchestrator's port begins it."""
    return {"event": to_json(event), "deadline": format_time(event.time + DEADLINE)}


def saga(event: Event[Any], *, raised: dict[str, Any] | None = None, fails: tuple[str, ...] = ()) -> dict[str, Any]:
    return {"id": event.saga_id, "first": first(event), "raised": raised or {}, "fails": fails}


SAGAS: Final = (
    saga(order("functions-completed", {PRODUCT: 1})),
    saga(order("functions-refused", {PRODUCT: 1}, payment_method="tok_declined")),
    saga(order("functions-undone", {PRODUCT: 1}, shipping_address=address("AQ"))),
    saga(
        order("functions-cancelled", {PRODUCT: 1}),
        raised={"reserve_stock": {"name": CANCEL, "data": first(cancellation("functions-cancelled"))}},
    ),
    saga(order("functions-retried", {PRODUCT: 1}), fails=("charge_payment",)),
)


def variables(settings: Settings) -> dict[str, str]:
    """The settings of the function app."""
    given = {name: str(value) for name, value in settings.model_dump().items() if "connection_string" in name and value}
    return {name.upper(): value for name, value in given.items()} | {
        **SIMULATED_PORTS,
        "DURABLE_TASK_SCHEDULER_CONNECTION_STRING": "Endpoint=http://localhost:8080;TaskHub=default;Authentication=None",
        "LOG_LEVEL": "ERROR",
    }


@pytest.fixture(scope="module")
def outcome(python: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """How the sagas have ended, which functions there are, and what the audit says of all databases."""

    async def all_of_them() -> dict[str, Any]:
        async with running_stack(tmp_path_factory.mktemp("servers")) as servers:
            async with open_cosmos(servers.settings) as cosmos:
                await provision(cosmos)
                await seed(cosmos, [Product(product_id=PRODUCT, name=PRODUCT, quantity=10)])
                for service in SERVICES:
                    if names := service.port_names(SIMULATED_PORTS):
                        database = cosmos.client.get_database_client(service.participant.database)
                        await record_ports(database, names, QUIET)
            words = (str(python), "-m", "tests.functions.host")
            given = json.dumps(SAGAS)
            found = json.loads(await run(*words, seconds=RUN_SECONDS, given=given, **variables(servers.settings)))
            with pytest.MonkeyPatch.context() as patch:
                for name, value in SIMULATED_PORTS.items():
                    patch.setenv(name, value)
                async with open_cosmos(servers.settings) as cosmos:
                    findings = await run_audit(cosmos, grace=timedelta(seconds=60), settle=timedelta(seconds=0.1))
            return {**found, "violations": [str(one) for finding in findings for one in finding.violations]}

    return asyncio.run(all_of_them())


def activities(outcome: dict[str, Any], order_id: str) -> list[str]:
    return list(outcome["ended"][order_id]["activities"])


def test_the_saga_and_every_step_are_registered(outcome: dict[str, Any]) -> None:
    assert set(outcome["functions"]) == {SAGA, *WHO_IS_TOLD, *OF_THE_PACKAGE}


@pytest.mark.parametrize(
    ("order_id", "end"),
    [
        ("functions-completed", OrderCompleted.type),
        ("functions-refused", OrderCancelled.type),
        ("functions-undone", OrderCancelled.type),
        ("functions-cancelled", OrderCancelled.type),
        ("functions-retried", OrderCompleted.type),
    ],
)
def test_a_saga_ends(outcome: dict[str, Any], order_id: str, end: str) -> None:
    ended = outcome["ended"][order_id]
    assert (ended["status"], ended["result"]) == ("ORCHESTRATION_STATUS_COMPLETED", end)


def test_a_completed_order_takes_its_six_steps(outcome: dict[str, Any]) -> None:
    assert activities(outcome, "functions-completed") == [
        *("note_facts", "reserve_stock", "charge_payment", "ship_order", "ship_stock", "note_facts"),
    ]


def test_what_was_done_is_undone_in_reverse(outcome: dict[str, Any]) -> None:
    assert activities(outcome, "functions-undone")[-3:] == ["refund_payment", "release_stock", "note_facts"]


def test_an_event_that_comes_while_a_step_runs_is_heard(outcome: dict[str, Any]) -> None:
    steps = activities(outcome, "functions-cancelled")
    assert steps[:3] == ["note_facts", "reserve_stock", "never_ship"]
    assert "charge_payment" not in steps


def test_a_step_that_fails_without_a_word_is_tried_again_after_a_pause(outcome: dict[str, Any]) -> None:
    assert activities(outcome, "functions-retried").count("charge_payment") == 2
    (pause,) = outcome["ended"]["functions-retried"]["timers"]
    assert 1 <= pause <= 3
    assert outcome["ended"]["functions-completed"]["timers"] == []


def test_each_activity_has_run(outcome: dict[str, Any]) -> None:
    assert {step for ended in outcome["ended"].values() for step in ended["activities"]} == set(WHO_IS_TOLD)


def test_stock_money_and_records_agree(outcome: dict[str, Any]) -> None:
    assert outcome["violations"] == []
