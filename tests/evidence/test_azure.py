"""The whole flow for Azure, with programs that only say what Azure CLI would. No subscription has seen it."""

import json
import re
import signal
from collections.abc import Sequence
from pathlib import Path

import pytest

from quartet.engine.failures.timeouts import stretched
from tests.evidence.azure_deployment import SERVICES
from tests.evidence.fakes import NAMES, Machine, Rule
from tests.evidence.scenarios import GROUP, azure
from tests.infra.bicep import INFRA, parsed

QUICK = ("--ready-seconds", "2", "--pause", "0.1", "--metrics-seconds", "0", "--chaos-seconds", "0.5")
ARGUMENTS = ("azure", "--yes", "--name", "qev-test", *QUICK)
DELETE = f"az group delete --name {GROUP} --yes"
ALL_STEPS = (
    *("infrastructure", "image", "services", "services are ready", "samples", "load", "chaos"),
    *("audit", "doctor", "dead letters", "use", "cost"),
)


def machine(directory: Path, *first: Rule, names: Sequence[str] = NAMES) -> Machine:
    """A machine on which all is well, but for these rules."""
    return Machine.of(directory, [*first, *azure()], names)


def test_when_all_is_well_it_reports_everything_and_removes_everything(tmp_path: Path) -> None:
    here = machine(tmp_path)
    status, said = here.run(*ARGUMENTS)
    assert status == 0, said
    assert here.steps == dict.fromkeys((*ALL_STEPS, "remove"), "passed")
    figures = here.report["figures"]
    assert figures["load"]["latency_ms"]["p99"] == 120.5
    assert figures["use"]["request units of a saga"] == 120.0
    assert figures["use"]["requests of a saga"] == 1.5
    assert figures["use"]["messages of a saga"] == 5.0
    assert [*figures["chaos"]] == [
        "restart payment",
        "scale inventory out to 3 replicas",
        "rotate shipping: a new revision",
        "scale inventory in to 1 replica",
        "restart order",
    ]
    assert 0 < figures["cost"]["together"] < 5
    assert here.calls.index(DELETE) > max(n for n, call in enumerate(here.calls) if "metrics" in call)
    assert here.report["facts"]["load"] == "10 orders a second for 300 s"
    text = (here.out / "report.md").read_text()
    assert "**Every step has passed.**" in text
    assert "| latency_ms p50 | 61.2 |" in text


def test_it_says_what_it_costs_and_asks_before_it_creates_anything(tmp_path: Path) -> None:
    here = machine(tmp_path)
    status, said = here.run(*(argument for argument in ARGUMENTS if argument != "--yes"))
    assert status == 1
    assert "US dollars for 2 hours" in said
    assert said.splitlines()[-1] == "evidence: there is no terminal to ask at: add --yes if you agree"
    assert not any("create" in call or "delete" in call for call in here.calls)
    assert not (here.out / "report.json").exists()


@pytest.mark.parametrize(
    ("first", "line"),
    [
        (Rule(("az account show",), err="ERROR: Please run 'az login' to setup account.", status=1), "run az login"),
        (Rule(("az version",), {"azure-cli": "2.59.1"}), "2.60 or newer is needed"),
        (Rule(("Microsoft.App ",), "NotRegistered"), "az provider register --namespace Microsoft.App"),
        (Rule(("az group exists",), "true\n"), "exists already: choose another name"),
        (Rule(("az group exists",), "perhaps"), "not true or false"),
        (Rule(("az ad signed-in-user",), status=1), "set OPERATOR_PRINCIPAL_ID"),
        (Rule(("az version",), "no JSON"), "has not written JSON"),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_what_is_missing_is_said_in_one_line_before_anything_is_created(tmp_path: Path, first: Rule, line: str) -> None:
    here = machine(tmp_path, first)
    status, said = here.run(*ARGUMENTS)
    (only,) = said.splitlines()
    assert status == 1
    assert only.startswith("evidence: ")
    assert line in only
    assert not any("create" in call or "delete" in call for call in here.calls)


def test_without_azure_cli_it_says_where_to_get_it(tmp_path: Path) -> None:
    status, said = machine(tmp_path, names=("quartet", "python")).run(*ARGUMENTS)
    assert status == 1
    assert said == (
        "evidence: az is not on the PATH: install Azure CLI, https://learn.microsoft.com/cli/azure/install-azure-cli\n"
    )


def test_a_name_that_azure_refuses_is_refused_here(tmp_path: Path) -> None:
    status, said = machine(tmp_path).run("azure", "--yes", "--name", "A name")
    assert status == 1
    assert "is not 3 to 18 lower-case letters" in said


BROKEN = Rule(
    ("audit",),
    {"holds": False, "invariants": [{"number": 4, "rule": "money", "holds": False, "figures": {}, "violations": [{}]}]},
    status=1,
)


@pytest.mark.parametrize(
    ("first", "failed", "why"),
    [
        (Rule(("sub create",), err="QuotaExceeded\n", status=1, writes={"group": "true"}), "infrastructure", "Quota"),
        (Rule(("sub create",), {"properties": {}}, writes={"group": "true"}), "infrastructure", "KeyError"),
        (Rule(("az acr build",), status=3), "image", "status 3"),
        (Rule(("group create", "payment"), err="bad\n", status=1), "services", "bad"),
        (Rule(("doctor",), {"ok": False, "checks": []}, status=1), "services are ready", "something is wrong"),
        (Rule(("publish",), err="3 of 43 orders have not ended\n", status=1), "samples", "have not ended"),
        (Rule(("evidence.load",), err="UserError: 2 sagas are wrong\n", status=1), "load", "2 sagas are wrong"),
        (Rule(("revision restart",), err="conflict\n", status=1), "chaos", "conflict"),
        (BROKEN, "audit", "broken: 4. money"),
        (Rule(("dead-letters",), [{"id": "1-2-x", "reason": "bug", "detail": "oops"}]), "dead letters", "1-2-x: oops"),
        (Rule(("metrics list",), {"value": []}), "use", "Azure Monitor has no"),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_whatever_fails_is_reported_and_everything_is_removed(
    tmp_path: Path, first: Rule, failed: str, why: str
) -> None:
    here = machine(tmp_path, first)
    status, _ = here.run(*ARGUMENTS)
    assert status == 1
    assert here.steps[failed] == "failed"
    assert here.steps["remove"] == "passed"
    assert DELETE in here.calls
    assert why in next(one["why"] for one in here.report["steps"] if one["name"] == failed)
    assert failed in (here.out / "report.md").read_text()
    assert here.report["remains"] == ""
    # What does not depend on it is looked at nevertheless: a failed load is the reason to audit.
    if failed in {"load", "chaos", "samples"}:
        assert here.steps["audit"] == here.steps["doctor"] == "passed"
    if failed in {"infrastructure", "image"}:
        assert here.steps["audit"] == "not run"


def test_a_disturbance_that_fails_does_not_end_the_load(tmp_path: Path) -> None:
    here = machine(tmp_path, Rule(("containerapp update", "shipping"), err="conflict\n", status=1))
    assert here.run(*ARGUMENTS)[0] == 1
    figures = here.report["figures"]
    assert [*figures["chaos"]][-1] == "rotate shipping: a new revision"
    assert figures["load during chaos"]["sagas"] == 1000
    assert here.steps["chaos"] == "failed"


def test_samples_that_end_otherwise_than_expected_are_a_failure(tmp_path: Path) -> None:
    here = machine(tmp_path, Rule(("publish",), {"ord-1001": {"status": "CANCELLED", "reason": "out_of_stock"}}))
    assert here.run(*ARGUMENTS)[0] == 1
    assert here.steps["samples"] == "failed"


def test_roles_that_take_effect_late_are_waited_for(tmp_path: Path) -> None:
    late = Rule(("doctor",), {"ok": False, "checks": [{"name": "a", "status": "failed", "detail": "403"}]}, times=3)
    here = machine(tmp_path, late)
    assert here.run(*ARGUMENTS, "--ready-seconds", "60")[0] == 0
    assert sum("doctor" in call for call in here.calls) == 5


def test_a_group_that_cannot_be_deleted_is_named_with_the_command_that_deletes_it(tmp_path: Path) -> None:
    here = machine(tmp_path, Rule(("az group delete",), err="ScopeLocked\n", status=1))
    status, said = here.run(*ARGUMENTS)
    assert status == 1
    assert here.steps["remove"] == "failed"
    assert f"NOT REMOVED: {DELETE}" in said
    assert DELETE in here.report["remains"]
    assert f"**Not removed**: remove it by hand: `{DELETE}`" in (here.out / "report.md").read_text()


def test_the_role_that_outlives_its_group_is_deleted_after_it(tmp_path: Path) -> None:
    here = machine(tmp_path)
    assert here.run(*ARGUMENTS)[0] == 0
    assert here.calls.index(DELETE) < here.calls.index("az role definition delete --name role-1")


def test_a_role_that_cannot_be_deleted_is_a_failure(tmp_path: Path) -> None:
    here = machine(tmp_path, Rule(("role definition delete",), err="RoleDefinitionHasAssignments\n", status=1))
    assert here.run(*ARGUMENTS)[0] == 1
    assert here.steps["remove"] == "failed"
    assert "--name role-1" in here.report["steps"][-1]["why"]


def test_roles_that_cannot_be_listed_do_not_keep_the_group(tmp_path: Path) -> None:
    here = machine(tmp_path, Rule(("role definition list",), err="Forbidden\n", status=1))
    assert here.run(*ARGUMENTS)[0] == 1
    assert DELETE in here.calls
    assert "Forbidden" in here.report["steps"][-1]["why"]


def test_a_deployment_that_fails_once_is_repeated(tmp_path: Path) -> None:
    """A role that it creates may not be known everywhere when it is assigned."""
    early = Rule(("sub create",), err="RoleDefinitionDoesNotExist\n", status=1, times=1, writes={"group": "true\n"})
    here = machine(tmp_path, early)
    assert here.run(*ARGUMENTS)[0] == 0
    assert sum("sub create" in call for call in here.calls) == 2


def test_a_deletion_that_fails_once_is_tried_again(tmp_path: Path) -> None:
    here = machine(tmp_path, Rule(("az group delete",), err="Conflict\n", status=1, times=1))
    assert here.run(*ARGUMENTS)[0] == 0
    assert here.calls.count(DELETE) == 2


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(
    ("hanging", "interrupted"),
    [
        (("sub", "create"), "infrastructure"),
        (("-m", "tests.evidence.load"), "load"),
        (("doctor",), "services are ready"),
    ],
)
def test_interrupted_it_removes_what_it_has_created(
    tmp_path: Path, hanging: tuple[str, ...], interrupted: str, number: signal.Signals
) -> None:
    here = machine(tmp_path, Rule(hanging, hangs=stretched(600), writes={"group": "true\n"}))
    process = here.start(*ARGUMENTS)
    here.until_called(*hanging)
    process.send_signal(number)
    process.communicate(timeout=stretched(60))
    assert process.returncode == 1
    steps = here.steps
    assert (steps[interrupted], steps["audit"], steps["remove"]) == ("failed", "not run", "passed")
    assert DELETE in here.calls
    assert ("az deployment sub cancel --name qev-test" in here.calls) is (interrupted == "infrastructure")


def test_a_second_ctrl_c_does_not_stop_the_removal(tmp_path: Path) -> None:
    slow = Rule(("az group delete",), hangs=2, writes={"group": "false\n"})
    here = machine(tmp_path, Rule(("-m", "tests.evidence.load"), hangs=stretched(600)), slow)
    process = here.start(*ARGUMENTS)
    here.until_called("-m", "tests.evidence.load")
    process.send_signal(signal.SIGINT)
    here.until_called("az group delete")
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=stretched(60))
    assert process.returncode == 1
    assert here.steps["remove"] == "passed"
    assert "removing what was created: please wait" in said


def test_commands_get_the_settings_of_the_deployment_and_none_of_the_person(tmp_path: Path) -> None:
    here = machine(tmp_path)
    here.run(*ARGUMENTS, COSMOS_CONNECTION_STRING="AccountEndpoint=https://mine;AccountKey=x;")
    for words in (("tests.evidence.load",), ("quartet audit",)):
        environment = here.environment_of(*words)
        assert environment["COSMOS_ENDPOINT"] == "https://cosmos-x.documents.azure.com:443/"
        assert environment["COSMOS_CONNECTION_STRING"] == ""
    service = here.environment_of("group create", "payment")
    assert service["SERVICE_PAYMENT_IMAGE_NAME"] == "crx.azurecr.io/quartet:evidence"
    assert service["AZURE_ENV_NAME"] == "qev-test"


def test_a_service_principal_is_the_operator_as_one(tmp_path: Path) -> None:
    account = {"id": "5678-subscription", "name": "S", "user": {"type": "servicePrincipal", "name": "app-id"}}
    here = machine(tmp_path, Rule(("az account show",), account), Rule(("az ad sp show --id app-id",), "5678\n"))
    assert here.run(*ARGUMENTS)[0] == 0
    given = json.loads((here.out / "logs" / "parameters.json").read_text())["parameters"]
    assert given["operatorPrincipalId"] == {"value": "5678"}
    assert given["operatorPrincipalType"] == {"value": "ServicePrincipal"}
    assert set(given) <= set(parsed("main.bicep")["parameters"])


def test_every_setting_that_a_service_reads_is_an_output_of_the_deployment() -> None:
    """The real outputs: the ones of the scenario are a few."""
    outputs = {name.upper() for name in parsed("main.bicep")["outputs"]}
    given = outputs | {"AZURE_ENV_NAME", *(f"SERVICE_{name.upper()}_IMAGE_NAME" for name in SERVICES)}
    for service in SERVICES:
        text = (INFRA / "services" / f"{service}.bicepparam").read_text()
        assert set(re.findall(r"readEnvironmentVariable\('(\w+)'\)", text)) <= given
