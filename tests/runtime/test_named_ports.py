"""Ports by name: nothing is the default, and every mistake is one line that says what to change."""

from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
import structlog
from structlog.testing import capture_logs

from quartet.engine.errors import ConfigurationError, OutageError
from quartet.process.named_ports import Adapter, PortByName
from quartet.process.port_opening import check_port, open_port
from quartet.process.service_context import ServiceContext
from services.payment.gateway import Gateway
from tests.runtime import adapters

GATEWAY = PortByName("PAYMENT_GATEWAY", "payment gateway", Gateway, adapters.plain)
HERE = "tests.runtime.adapters"


def context() -> ServiceContext:
    """All that opening a port needs of them."""
    parts = SimpleNamespace(settings=SimpleNamespace(shutdown_seconds=5.0), log=structlog.get_logger())
    return cast(ServiceContext, parts)


def adapter(name: str) -> Adapter:
    return GATEWAY.adapter(GATEWAY.name({"PAYMENT_GATEWAY": name}))


async def opened(name: str) -> object:
    """Open a port, check it, close it."""
    chosen = adapter(name)
    async with AsyncExitStack() as stack:
        port = await open_port(stack, chosen, context())
        await check_port(chosen, port)
        return port


@pytest.fixture(autouse=True)
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    """What has happened to the ports of this test."""
    path = tmp_path / "diary"
    monkeypatch.setenv("PORT_DIARY", str(path))
    return lambda: path.read_text().split()


@pytest.mark.parametrize("environment", [{}, {"PAYMENT_GATEWAY": ""}])
def test_nothing_is_the_default(environment: Mapping[str, str]) -> None:
    with pytest.raises(ConfigurationError, match="PAYMENT_GATEWAY is not set: set it to simulated, or to package"):
        GATEWAY.name(environment)


@pytest.mark.parametrize(
    "name",
    ["Simulated", "simulated\r", "'simulated'", "stripe", "a.b", "a:", ":b", "a:b:c", "a b:c", "a..b:c", "a:b()", " "],
)
def test_an_invalid_name_is_shown_as_it_is(name: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        GATEWAY.name({"PAYMENT_GATEWAY": name})
    assert str(caught.value).startswith(f"PAYMENT_GATEWAY is {name!r}: set it to simulated, or to package.module:f")
    assert "\n" not in str(caught.value)


async def test_the_simulated_port_is_asked_for_by_name() -> None:
    assert type(await opened("simulated")) is adapters.Port


@pytest.mark.parametrize("factory", ["plain", "managed", "awaited", "Nested.make"])
async def test_a_factory_gives_a_port_or_a_manager_of_it(factory: str) -> None:
    assert isinstance(await opened(f"{HERE}:{factory}"), adapters.Port)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("no_such_package.gateway:make", "there is no module no_such_package. Is it installed"),
        ("tests.no_such_module:make", "there is no module tests.no_such_module. Is it installed"),
        ("tests.runtime.adapter_that_fails:make", "cannot be imported: ModuleNotFoundError: No module named 'no_such"),
        (f"{HERE}:no_such_factory", f"{HERE} has no no_such_factory"),
        (f"{HERE}:Port.no_such_method", f"{HERE} has no Port.no_such_method"),
        (f"{HERE}:not_callable", "it is a str, not a factory that can be called"),
        (f"{HERE}:raises", "failed: ValueError: no such account"),
        (f"{HERE}:takes_nothing", "failed: TypeError: takes_nothing() takes 0 positional arguments"),
        (f"{HERE}:no_port", "gives a NoneType without charge, refund, void"),
        (f"{HERE}:half_a_port", "gives a Half without refund, void"),
        (f"{HERE}:opened_but_no_port", "gives a object without charge, refund, void"),
        (f"{HERE}:refused", ": the provider refuses the key: set PROVIDER_KEY"),
    ],
)
async def test_a_wrong_adapter_is_one_line(name: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        await opened(name)
    assert str(caught.value).startswith(f"PAYMENT_GATEWAY={name}")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("factory", ["opened_and_away", "never_opens"])
async def test_a_server_that_is_away_is_an_outage(factory: str) -> None:
    with pytest.raises(OutageError):
        await opened(f"{HERE}:{factory}")


@pytest.mark.parametrize("factory", ["managed", "opened_and_refused", "opened_and_away", "opened_but_no_port"])
async def test_an_opened_port_is_closed(factory: str, written: Callable[[], list[str]]) -> None:
    """Also if it is refused, or is not what it should be."""
    try:
        await opened(f"{HERE}:{factory}")
    except (ConfigurationError, OutageError):
        assert factory != "managed"
    lines = written()
    assert (lines[0], lines[-1], lines.count("opened")) == ("opened", "closed", 1)


async def test_a_port_that_fails_to_close_is_logged_and_hides_nothing() -> None:
    with capture_logs() as logs:
        await opened(f"{HERE}:fails_to_close")
    (line,) = logs
    assert (line["event"], line["error"]) == ("port did not close", "RuntimeError: will not close")
