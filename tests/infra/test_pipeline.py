"""What the workflow Deploy computes: parameters, settings of the services, and the look at what runs."""

import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from infra.pipeline import SERVICES, UnusableError, outputs, running
from infra.pipeline.parameters import parameters, settings
from infra.pipeline.role_condition import condition, roles
from quartet.engine.failures.timeouts import stretched
from tests.infra.bicep import INFRA, parsed, read_json

DIGEST = "sha256:" + "0123456789abcdef" * 4
IMAGE = f"registry.azurecr.io/quartet@{DIGEST}"
GIVEN = {
    "AZURE_ENV_NAME": "quartet-prod",
    "AZURE_LOCATION": "westeurope",
    "AZURE_PRINCIPAL_ID": "an-object-id",
    "QUARTET_OPERATOR_TYPE": "Group",
    "PAYMENT_GATEWAY": "simulated",
    "CARRIER": "simulated",
}
VARIABLES = {name: one["value"] for name, one in read_json("main.parameters.json")["parameters"].items()}
TYPES = {name: one["type"] for name, one in parsed("main.bicep")["parameters"].items()}


def made(**changes: str) -> dict[str, Any]:
    file = parameters("prod", GIVEN | changes, VARIABLES, TYPES)
    return {name: one["value"] for name, one in file["parameters"].items()}


def test_every_parameter_has_a_value_of_its_type() -> None:
    values = made(QUARTET_CAPTURE="true", ORDER_DEADLINE_SECONDS="60")
    assert set(values) == set(TYPES)
    assert values["environmentName"] == "quartet-prod"
    assert values["capture"] is True
    assert values["orderDeadlineSeconds"] == 60
    assert values["secondaryLocation"] == ""
    kinds = {"string": str, "bool": bool, "int": int}
    assert {name: kinds[TYPES[name]] for name in values} == {name: type(value) for name, value in values.items()}


def test_the_size_is_the_environment() -> None:
    assert made()["tier"] == "prod"
    with pytest.raises(UnusableError, match="remove QUARTET_TIER from the settings: it is the environment, prod"):
        made(QUARTET_TIER="dev")


@pytest.mark.parametrize("missing", ["AZURE_ENV_NAME", "AZURE_PRINCIPAL_ID", "PAYMENT_GATEWAY"])
def test_a_setting_without_a_default_must_be_set(missing: str) -> None:
    with pytest.raises(UnusableError, match=f"{missing} is not set: add a line {missing}=VALUE"):
        made(**{missing: ""})
    with pytest.raises(UnusableError, match=f"{missing} is not set"):
        parameters("prod", {name: value for name, value in GIVEN.items() if name != missing}, VARIABLES, TYPES)


def test_a_name_that_is_misspelt_is_refused() -> None:
    with pytest.raises(UnusableError, match=r"QUARTET_ALERT_EMAIL is no variable of main\.parameters\.json"):
        made(QUARTET_ALERT_EMAIL="you@example.org")


@pytest.mark.parametrize(("name", "value"), [("QUARTET_CAPTURE", "yes"), ("ORDER_DEADLINE_SECONDS", "15m")])
def test_a_value_of_another_type_is_refused(name: str, value: str) -> None:
    with pytest.raises(UnusableError, match=f"{name} is '{value}', and the template wants the type"):
        made(**{name: value})


def test_settings_are_lines() -> None:
    assert settings("# a comment\n\n A=1 \nB=x=y\nC=\n") == {"A": "1", "B": "x=y", "C": ""}
    with pytest.raises(UnusableError, match="the line 'A 1' of the settings is not NAME=VALUE"):
        settings("A 1")
    with pytest.raises(UnusableError, match="A is set twice"):
        settings("A=1\nA=2")


def deployment() -> dict[str, Any]:
    """As Azure returns it: the names of outputs in another case."""
    names = parsed("main.bicep")["outputs"]
    values = {f"{name[:5].lower()}{name[5:]}": {"value": f"the {name}"} for name in names}
    values["azure_CONTAINER_REGISTRY_ENDPOINT"] = {"value": "registry.azurecr.io"}
    return {
        "properties": {
            "provisioningState": "Succeeded",
            "outputs": values,
            "parameters": {"environmentName": {"value": "quartet-prod"}},
        }
    }


def test_the_outputs_have_all_that_the_services_parameters_read() -> None:
    lines = dict(line.split("=", 1) for line in outputs.lines(deployment(), DIGEST))
    assert lines["AZURE_ENV_NAME"] == "quartet-prod"
    for service in SERVICES:
        text = (INFRA / "services" / f"{service}.bicepparam").read_text(encoding="utf-8")
        assert set(re.findall(r"readEnvironmentVariable\('(\w+)'\)", text)) <= set(lines)
        assert f"param image = readEnvironmentVariable('SERVICE_{service.upper()}_IMAGE_NAME')" in text
        assert lines[f"SERVICE_{service.upper()}_IMAGE_NAME"] == IMAGE


@pytest.mark.parametrize("digest", ["", "latest", DIGEST[:-1], f"1.2.3@{DIGEST}"])
def test_an_image_without_its_digest_is_not_deployed(digest: str) -> None:
    with pytest.raises(UnusableError, match="is no digest"):
        outputs.lines(deployment(), digest)


def test_nothing_follows_from_a_deployment_that_has_failed() -> None:
    failed = deployment()
    failed["properties"]["provisioningState"] = "Failed"
    with pytest.raises(UnusableError, match="the deployment is 'Failed'"):
        outputs.lines(failed, DIGEST)


def test_a_value_cannot_set_another_variable() -> None:
    strange = deployment()
    strange["properties"]["outputs"]["event_HUB_NAME"] = {"value": "hub\nPATH=/elsewhere"}
    with pytest.raises(UnusableError, match=r"EVENT_HUB_NAME is .* not one line"):
        outputs.lines(strange, DIGEST)


def app(service: str, image: str = IMAGE) -> dict[str, Any]:
    return {"tags": {"azd-service-name": service}, "properties": {"template": {"containers": [{"image": image}]}}}


def test_every_service_runs_the_image() -> None:
    others: list[dict[str, Any]] = [{"tags": None}, {"tags": {"application": "another"}}]
    assert running.problems([*map(app, SERVICES), *others], IMAGE) == []
    old = IMAGE.replace("0123", "3210", 1)
    first, second, *rest = SERVICES
    found = running.problems([app(first, old), *map(app, rest)], IMAGE)
    assert found == [
        f"{second}: there is no container app with the tag azd-service-name={second}",
        f"{first}: runs {old}, not {IMAGE}",
    ]


def test_the_look_at_what_runs_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("[]"))
    with pytest.raises(UnusableError, match="there is no container app"):
        running.main(IMAGE)


def ran(*arguments: str, given: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        input=given,
        env=os.environ | environment,
        cwd=INFRA.parent,
        capture_output=True,
        text=True,
        check=False,
        timeout=stretched(30),
    )


def test_the_programs_run_as_the_workflow_runs_them(tmp_path: Path) -> None:
    template = tmp_path / "main.json"
    template.write_text(json.dumps({"parameters": {name: {"type": kind} for name, kind in TYPES.items()}}))
    text = "\n".join(f"{name}={value}" for name, value in GIVEN.items())
    done = ran("infra.pipeline.parameters", "prod", str(template), PROD_SETTINGS=text)
    assert json.loads(done.stdout)["parameters"]["tier"] == {"value": "prod"}
    made = tmp_path / "parameters.json"
    made.write_text(done.stdout, encoding="utf-8")
    assert ran("infra.pipeline.value", str(made), "location").stdout == "westeurope\n"
    assert ran("infra.pipeline.value", str(made), "place").stderr == f"{made} has no parameter place\n"
    done = ran("infra.pipeline.outputs", DIGEST, given=json.dumps(deployment()))
    assert f"SERVICE_ORDER_IMAGE_NAME={IMAGE}\n" in done.stdout
    done = ran("infra.pipeline.running", IMAGE, given=json.dumps([app(service) for service in SERVICES]))
    assert done.stdout == f"{', '.join(SERVICES)}: {IMAGE}\n"
    group = f"/subscriptions/{'0' * 36}/resourceGroups/rg-quartet-prod"
    assert ran("infra.pipeline.role_condition", group).stdout == f"{condition(roles(group))}\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("parameters", "prod"), "usage: parameters ENVIRONMENT TEMPLATE"),
        (("parameters", "prod", "main.json"), "PROD_SETTINGS is empty"),
        (("role_condition", "rg-quartet-prod"), "'rg-quartet-prod' is no id of a resource group"),
        (("outputs", DIGEST), "outputs cannot read its input"),
        (("running", IMAGE), "running cannot read its input"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(arguments: tuple[str, ...], said: str) -> None:
    module, *rest = arguments
    done = ran(f"infra.pipeline.{module}", *rest, PROD_SETTINGS="", DEV_SETTINGS="A=1")
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith(said)
    assert done.stderr.count("\n") == 1
