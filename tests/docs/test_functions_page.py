"""docs/durable-functions.md: its host.json names what the orchestrator and the deployment name."""

import json

from services.orchestrator.settings import OrchestratorSettings
from tests.docs.blocks import ROOT
from tests.infra.bicep import read_json

PAGE = (ROOT / "docs" / "durable-functions.md").read_text(encoding="utf-8")


def test_the_host_keeps_its_sagas_in_the_scheduler_of_the_deployment() -> None:
    (block,) = PAGE.split("```json\n")[1:]
    tasks = json.loads(block.partition("```")[0])["extensions"]["durableTask"]
    assert tasks["hubName"] == read_json("saga.json")["orchestrator"]["taskHub"]
    assert tasks["storageProvider"]["type"] == "azureManaged"
    assert tasks["storageProvider"]["connectionStringName"] in OrchestratorSettings.variables()
