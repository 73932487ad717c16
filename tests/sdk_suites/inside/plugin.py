"""A pytest plugin for the SDKs' suites: it points them at the emulators, and writes down the outcome of every test."""

import json
import os
import ssl
import sys
from pathlib import Path
from types import ModuleType
from typing import Final

import certifi
import pytest

from tests.sdk_suites.inside import event_hubs_management
from tests.sdk_suites.inside.settings import CERTIFICATE, COSMOS_ENDPOINT, OUTCOMES, setting

_LONGEST: Final = 20_000
"""Of the text of a failure, in characters: the end of it, where the error is."""


class NotInTheIndexError(Exception):
    """The suite uses the management plane of Azure, which is no part of the emulators."""


class _NoManagement:
    def __init__(self, *_: object, **__: object) -> None:
        raise NotInTheIndexError("the management plane of the account is not there")


def _stand_in(name: str, **content: object) -> None:
    module = ModuleType(name)
    module.__dict__.update(content, __path__=[])
    sys.modules[name] = module


_stand_in("azure.mgmt")
_stand_in("azure.mgmt.eventhub", EventHubManagementClient=event_hubs_management.EventHubManagementClient)
_stand_in("azure.mgmt.storage", StorageManagementClient=_NoManagement)
_stand_in("azure.mgmt.storage.aio", StorageManagementClient=_NoManagement)


def _trust_only(certificate: str) -> None:
    os.environ["SSL_CERT_FILE"] = os.environ["REQUESTS_CA_BUNDLE"] = certificate
    certifi.where = lambda: certificate
    assert ssl.create_default_context().cert_store_stats()["x509_ca"] >= 1


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests() -> None:
    """Before the suite's own conftest.py looks for an account."""
    _trust_only(setting(CERTIFICATE))
    if "SDK_SUITES_TESTS" in os.environ:
        sys.path.insert(0, setting("SDK_SUITES_TESTS"))
    if os.environ.get("ACCOUNT_HOST"):
        import test_config  # type: ignore[import-not-found]  # a module of the suite of azure-cosmos

        # The suite knows Microsoft's emulator by its address; ours is at a free port.
        test_config.TestConfig.local_host = setting(COSMOS_ENDPOINT)
        test_config.TestConfig.is_emulator = True
        test_config.TestConfig.credential = test_config.TestConfig.credential_async = test_config.TestConfig.masterKey


@pytest.fixture(scope="session")
def test_proxy() -> None:
    """The suite of azure-storage-blob asks for it: there, it records requests."""


@pytest.hookimpl
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What the authors run against recordings only is not for servers."""
    for item in items:
        if item.get_closest_marker("playback_test_only"):
            item.add_marker(pytest.mark.skip(reason="its authors run it against recordings only"))


def _write(what: dict[str, object]) -> None:
    with Path(setting(OUTCOMES)).open("a", encoding="utf-8") as file:
        file.write(json.dumps(what) + "\n")


def pytest_configure(config: pytest.Config) -> None:
    """Write the outcomes where all reports arrive: not in the workers of pytest-xdist."""
    for name in ("live_test_only", "playback_test_only"):
        config.addinivalue_line("markers", f"{name}: of the SDK's repository")
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Outcomes())


class _Outcomes:
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or not report.passed:
            text = "" if report.passed else _text(report)
            marks = [name for name in ("cosmosEmulator", "liveTest") if name in report.keywords]
            _write(
                {"test": report.nodeid, "outcome": report.outcome, "when": report.when, "text": text, "marks": marks}
            )

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            _write({"test": report.nodeid, "outcome": "failed", "when": "collect", "text": _text(report), "marks": []})


def _text(report: pytest.TestReport | pytest.CollectReport) -> str:
    if report.skipped and isinstance(report.longrepr, tuple):
        return report.longrepr[2]
    return report.longreprtext[-_LONGEST:]
