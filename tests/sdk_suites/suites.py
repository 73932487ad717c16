"""The suites: what is run of each SDK's source distribution."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
FOLDER: Final = ROOT / ".sdk-suites"
"""Where the source distributions are unpacked; Git ignores it."""

LOCK: Final = ROOT / "requirements/sdk-suites.txt"


@dataclass(frozen=True, slots=True)
class Suite:
    """One suite.

    Attributes:
        name: the distribution, as in the lock file.
        tests: what is run, within the folder `tests` of the source distribution.
        seconds: the limit on one test; one that reaches it has failed.
        module_seconds: the limit on one module of tests.
        workers: how many modules run at the same time.
        environment: variables that the suite reads.
        least_passed: a run in which less tests pass is a regression.
        mark: tests with it are counted apart, too.
        least_marked: the same for those tests.
    """

    name: str
    tests: tuple[str, ...]
    seconds: int
    module_seconds: int = 900
    workers: int = 2
    environment: Mapping[str, str] = field(default_factory=dict)
    least_passed: int = 0
    mark: str = ""
    least_marked: int = 0

    @property
    def version(self) -> str:
        """As locked.

        Raises:
            ValueError: the lock file does not have it.
        """
        found = re.search(
            rf"^{re.escape(self.name)}(?:\[[^\]]*\])?==(\S+)", LOCK.read_text(encoding="utf-8"), re.MULTILINE
        )
        if found is None:
            raise ValueError(f"{LOCK.name} has no {self.name}")
        return found[1]

    @property
    def source(self) -> Path:
        """Where its source distribution is unpacked."""
        return FOLDER / f"{self.name.replace('-', '_')}-{self.version}"


SUITES: Final = (
    Suite(
        "azure-eventhub",
        ("livetest", "pyamqp_tests", "unittest"),
        least_passed=335,
        seconds=400,
        module_seconds=1500,
        workers=8,  # nearly all of its time is pauses
        environment={
            "EVENTHUB_RESOURCE_GROUP": "group",
            "AZURE_SUBSCRIPTION_ID": "subscription",
            "EVENT_HUB_ENDPOINT_SUFFIX": "",
        },
    ),
    Suite(
        "azure-cosmos",
        (".",),
        seconds=120,
        module_seconds=400,
        least_passed=2040,
        mark="cosmosEmulator",
        least_marked=1175,
    ),
    Suite("azure-storage-blob", (".",), seconds=60, least_passed=1430),
)
