"""The address that the Cosmos DB account names as its own: clients send there what follows their first request."""

import pytest
from azure.core.pipeline.transport import RequestsTransport
from azure.cosmos import CosmosClient
from quartet_emulators import AzureEmulators
from quartet_emulators.options import parse_options


def endpoints_of(azure: AzureEmulators) -> list[str]:
    transport = RequestsTransport(use_env_settings=False)
    with CosmosClient.from_connection_string(
        azure.cosmos, transport=transport, retry_total=0, connection_mode="Gateway", enable_endpoint_discovery=False
    ) as client:
        account = client.get_database_account()
        return [region["databaseAccountEndpoint"] for region in account.WritableLocations]


def test_the_account_names_the_address_that_the_command_line_says() -> None:
    with AzureEmulators(options=("--cosmos-advertised-endpoint", "https://cosmos.test:8081")) as azure:
        assert endpoints_of(azure) == ["https://cosmos.test:8081/"]


def test_without_it_the_account_is_where_the_client_asks() -> None:
    with AzureEmulators() as azure:
        assert endpoints_of(azure) == [azure.settings["COSMOS_CONNECTION_STRING"].split(";")[0].partition("=")[2]]


@pytest.mark.parametrize("text", ["cosmos.test", "ftp://cosmos.test", "https://", "https://x:port", "https://x/path"])
def test_what_is_no_address_is_refused(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse_options(["--cosmos-advertised-endpoint", text])
    said = capsys.readouterr().err
    assert f"argument --cosmos-advertised-endpoint: {text!r} is not an endpoint: expected one like https://" in said
