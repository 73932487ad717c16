"""azure.yaml and main.parameters.json: what `azd up` reads."""

import re

import yaml

from quartet.local.hub_config import CONSOLE
from services.orchestrator.app import ORCHESTRATED
from services.shop import SHOP
from tests.infra.bicep import INFRA, parsed, read_json, resources

AZD = yaml.safe_load((INFRA.parent / "azure.yaml").read_text())


def test_it_deploys_every_service_from_its_own_parameters() -> None:
    """Those of both styles, and the console: the settings of each say whether it has replicas."""
    assert list(AZD["services"]) == [*SHOP.names, *ORCHESTRATED.names, CONSOLE]
    for name, service in AZD["services"].items():
        assert service["host"] == "containerapp"
        assert service["module"] == f"services/{name}"
        # azd deploys settings and image together if it finds this file, and only exchanges the image if it does not.
        assert (INFRA / f"{service['module']}.bicepparam").is_file()


def test_it_deploys_main() -> None:
    assert (INFRA.parent / AZD["infra"]["path"] / f"{AZD['infra']['module']}.bicep").is_file()


def test_every_parameter_of_main_has_a_value() -> None:
    given = read_json("main.parameters.json")["parameters"]
    parameters = parsed("main.bicep")["parameters"]

    assert set(given) == set(parameters)
    for name, one in given.items():
        match = re.fullmatch(r"\$\{[A-Z_]+(=.*)?\}", one["value"])
        assert match, name
        default = parameters[name]["default"]
        if match[1] is not None:
            written = str(default).lower() if isinstance(default, bool) else str(default)
            assert match[1] == f"={written}", name


def test_azd_finds_one_resource_for_each_service() -> None:
    """It takes every resource with the tag `azd-service-name` for the service, before 1.23.4 the alerts too."""
    for file in ("service.bicep", "console.bicep"):
        variables = parsed(file)["variables"]
        assert "azd-service-name" not in variables["tags"]["value"]
        assert "azd-service-name" in str(variables["appTags"]["value"])
        tagged = [one.name for one in resources(file) if "appTags" in str(one.body.get("tags"))]
        assert tagged == ["app"]
    assert AZD["requiredVersions"]["azd"] == ">= 1.23.4"
