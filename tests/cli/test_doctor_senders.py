"""`prod` with one hub: each sender could say every event."""

import pytest

from quartet.azure.settings import Settings
from quartet.cli.doctor.check import Status
from quartet.cli.doctor.senders import TIER, check_senders
from quartet.engine.declaration.hubs import Layout


@pytest.mark.parametrize(
    ("layout", "tier", "status"),
    [
        ("one", "prod", Status.WARNING),
        ("one", "dev", Status.OK),
        ("inbound", "prod", Status.OK),
        ("authors", "prod", Status.OK),
    ],
)
async def test_one_hub_is_for_development(layout: Layout, tier: str, status: Status) -> None:
    settings = Settings(
        event_hubs_namespace="-", blob_account_url="https://-", cosmos_endpoint="https://-", hub_layout=layout
    )
    assert (await check_senders(settings, {TIER: tier})).status is status
