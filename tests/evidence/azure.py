"""Evidence from Azure: `dev` in a resource group of its own, which is deleted at the end."""

import math
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from tests.evidence.azure_account import check_providers, find_operator, group_exists, read_account, read_version
from tests.evidence.azure_chaos import disturb
from tests.evidence.azure_deployment import Deployment
from tests.evidence.azure_metrics import use
from tests.evidence.cost import estimate
from tests.evidence.report import Report, facts_of
from tests.evidence.runner import EvidenceError, Runner, Running
from tests.evidence.shop import HOW, Load, ShopSteps
from tests.evidence.steps import Step

_NAME: Final = re.compile(r"[a-z][a-z0-9-]{1,16}[a-z0-9]")
_INSTALL: Final = "install Azure CLI, https://learn.microsoft.com/cli/azure/install-azure-cli"
_PLANNED_HOURS: Final = 2.0
# A person's own settings must not lead anywhere else.
_KEYLESS: Final = dict.fromkeys(
    ("EVENT_HUBS_CONNECTION_STRING", "BLOB_CONNECTION_STRING", "COSMOS_CONNECTION_STRING"), ""
)


@dataclass(frozen=True, slots=True)
class Waits:
    """How long to wait for Azure, in seconds.

    Attributes:
        ready: for roles to take effect.
        pause: between two looks.
        metrics: for Azure Monitor, after the end of a load.
    """

    ready: float
    pause: float
    metrics: float


@dataclass(slots=True)
class Azure:
    """See `collecting.Target`."""

    runner: Runner
    deployment: Deployment
    load: Load
    chaos: Load
    waits: Waits
    _version: str = ""
    _began: float = 0.0

    @property
    def created(self) -> bool:
        """See `collecting.Target`."""
        return self.deployment.created

    @property
    def group(self) -> str:
        """The resource group."""
        return self.deployment.group

    @property
    def by_hand(self) -> str:
        """See `collecting.Target`."""
        return f"az group delete --name {self.group} --yes"

    def check(self) -> None:
        """See `collecting.Target`."""
        deployment = self.deployment
        if not _NAME.fullmatch(deployment.name):
            raise EvidenceError(f"the name {deployment.name} is not 3 to 18 lower-case letters, digits and hyphens")
        self.runner.check_tools({"az": _INSTALL, "quartet": "run this by `make azure-evidence`"})
        self._version = read_version(self.runner)
        deployment.account = read_account(self.runner)
        check_providers(self.runner)
        if group_exists(self.runner, self.group):
            raise EvidenceError(f"the resource group {self.group} exists already: choose another name with --name")
        deployment.operator = deployment.operator or find_operator(self.runner, deployment.account)

    def announcement(self) -> Sequence[str]:
        """See `collecting.Target`."""
        costs, hours = estimate(_PLANNED_HOURS, self.load.rate), f"{_PLANNED_HOURS:g} hours"
        most, where = sum(costs.values()), self.deployment
        items = ", ".join(f"{name} {cost:.2f}" for name, cost in costs.items())
        return f"""\
This creates the resource group {self.group} in {where.location}, in the subscription {where.account["name"]},
deploys `dev` of infra/main.bicep and the four services, places the sample orders, puts loads on them, restarts and
scales the services, audits, and deletes the resource group with everything in it. It takes one to two hours.
By the assumptions of docs/costs.md it costs at most about {most:.2f} US dollars for {hours}:
{items}.
If this machine is switched off meanwhile, nothing is deleted. Then run: {self.by_hand}""".splitlines()

    def report(self) -> Report:
        """See `collecting.Target`."""
        self._began = time.monotonic()
        facts = facts_of(
            {"Azure CLI": self._version},
            location=self.deployment.location,
            tier="dev",
            load=self.load,
            chaos=self.chaos,
        )
        how = {
            **HOW,
            "use": "metrics of Azure Monitor for the minutes of the first load: they contain what else happened in "
            "these minutes, such as checkpoints and the watch for deadlines",
            "cost": "an upper bound: docs/costs.md for the hours begun, with the most request units allowed. "
            "Cost Management has the real one a day later",
        }
        return Report("azure", facts, how=how)

    def steps(self, report: Report) -> Sequence[Step]:
        """See `collecting.Target`."""
        shop, deployed = ShopSteps(self, report), ("services are ready",)
        return (
            Step("infrastructure", self.deployment.deploy_infrastructure),
            Step("image", self.deployment.build_image),
            Step("services", self.deployment.deploy_services),
            Step("services are ready", lambda: shop.wait_until_ready(self.waits.ready, self.waits.pause)),
            Step("samples", lambda: shop.samples(seed=True)),
            Step("load", lambda: shop.load(self.load), ("services are ready", "samples")),
            Step("chaos", lambda: shop.load_with_chaos(self.chaos, self._disturb), ("services are ready", "samples")),
            Step("audit", shop.audit, deployed),
            Step("doctor", shop.doctor, deployed),
            Step("dead letters", shop.dead_letters, deployed),
            Step("use", lambda: self._measure_use(report), ("load",)),
            Step("cost", lambda: self._estimate(report), ()),
        )

    def remove(self) -> None:
        """See `collecting.Target`."""
        self.deployment.remove(self.waits.ready, self.waits.pause)

    def start_quartet(self, *arguments: str) -> Running:
        """See `shop.Place`."""
        return self.runner.start("quartet", *arguments, environment=self.deployment.outputs | _KEYLESS)

    def start_load(self, *arguments: str) -> Running:
        """See `shop.Place`."""
        return self.runner.start(
            "python", "-m", "tests.evidence.load", *arguments, environment=self.deployment.outputs | _KEYLESS
        )

    def _disturb(self, done: dict[str, str]) -> None:
        disturb(self.runner, self.group, self.deployment.name, self.chaos.seconds, done)

    def _measure_use(self, report: Report) -> None:
        load = report.figures["load"]
        since = (datetime.now(UTC) - datetime.fromisoformat(load["ended"])).total_seconds()
        time.sleep(max(0.0, self.waits.metrics - since))
        report.figures["use"] = use(self.runner, self.group, load)

    def _estimate(self, report: Report) -> None:
        hours = (time.monotonic() - self._began) / 3600
        costs = {name: round(cost, 2) for name, cost in estimate(hours, self.load.rate).items()}
        report.figures["cost"] = {**costs, "together": round(sum(costs.values()), 2), "hours begun": math.ceil(hours)}
