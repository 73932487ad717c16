"""All hubs of a deployment have as many partitions: an answer goes to the partition that its cause came in by."""

from contextlib import AsyncExitStack
from pathlib import Path
from typing import cast

import pytest
import structlog
from azure.cosmos.aio import ContainerProxy

from quartet.azure.credentials import Credentials
from quartet.engine.declaration.hubs import Hub
from quartet.engine.errors import ConfigurationError
from quartet.process.hub_opening import HubOpening, OwnHub
from quartet.process.waiting import Waiting
from services.payment.service import PARTICIPANT
from tests.stack_fixture import running_stack


async def test_a_hub_with_another_number_of_partitions_is_refused_at_the_start(tmp_path: Path) -> None:
    log = structlog.get_logger()
    async with running_stack(tmp_path) as servers, AsyncExitStack() as stack:
        opening = HubOpening(
            PARTICIPANT,
            servers.settings,
            await stack.enter_async_context(Credentials()),
            servers.checkpoints,
            deployment=cast(ContainerProxy, None),  # it is not asked before the partitions are compared
            waiting=Waiting(30, log),
            log=log,
        )
        own = OwnHub(Hub("saga-events-payment", frozenset({"payment"})), servers.hub, ["0", "1"])
        with pytest.raises(ConfigurationError, match="'saga-events' has 4 partitions and 'saga-events-payment' has 2"):
            await opening.heard(stack, "", Hub("saga-events", frozenset()), own)
