"""Everything that is asked of a deployment, in the order in which a person would."""

import os
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from functools import partial

from quartet.azure.credentials import Credentials
from quartet.azure.settings import Settings, load_settings
from quartet.cli.application import choreography
from quartet.cli.doctor.addresses import Address, blob_address, cosmos_address, event_hubs_address
from quartet.cli.doctor.blob import BlobVisit
from quartet.cli.doctor.check import Check, Finding, broken, examine
from quartet.cli.doctor.cosmos import CosmosVisit
from quartet.cli.doctor.event_hubs import HubVisit
from quartet.cli.doctor.identity import check_identity
from quartet.cli.doctor.lag import FACTOR, LagVisit
from quartet.cli.doctor.network import Now, check_clock, check_connection, check_name
from quartet.cli.doctor.own_settings import check_own_settings
from quartet.cli.doctor.receivers import VARIABLE, check_receivers
from quartet.cli.doctor.versions import check_versions
from quartet.engine.errors import ConfigurationError
from quartet.local.hub_config import CONSOLE

HUB, COSMOS, BLOB = "Event Hubs", "Cosmos DB", "Blob Storage"


def _now() -> datetime:
    return datetime.now(UTC)


async def examine_deployment(now: Now = _now, limit: timedelta | None = None) -> list[Finding]:
    """Make every check, with the settings of the environment.

    Args:
        now: this machine's clock.
        limit: how long an event may wait before its partition counts as stalled; None: as the services' settings say.
    """
    try:
        settings = load_settings()
        servers = {
            HUB: event_hubs_address(settings),
            BLOB: blob_address(settings),
            COSMOS: cosmos_address(settings),
        }
    except (ConfigurationError, ValueError) as error:
        verdict = broken(" ".join(str(error).split()), "see .env.example for every setting")
        return [Finding("settings", verdict)]
    async with AsyncExitStack() as stack:
        credentials = await stack.enter_async_context(Credentials())
        return await examine(all_checks(settings, servers, credentials, stack, now=now, limit=limit))


def all_checks(
    settings: Settings,
    servers: dict[str, Address],
    credentials: Credentials,
    stack: AsyncExitStack,
    *,
    now: Now,
    limit: timedelta | None = None,
) -> Sequence[Check]:
    """The checks, before they run. Everything that they open is closed with `stack`."""
    hub = HubVisit(settings, servers[HUB], credentials, stack)
    cosmos = CosmosVisit(settings, servers[COSMOS], credentials, stack)
    blob = BlobVisit(settings, servers[BLOB], credentials, stack)
    lag = LagVisit(
        settings,
        choreography().names,
        stack,
        hub=hub,
        store=lambda: blob.store,
        now=now,
        limit=timedelta(seconds=settings.standing_seconds) if limit is None else limit,
    )
    checks = [
        Check("versions", check_versions),
        *(
            Check(f"settings of {service.participant.name}", partial(check_own_settings, service.settings, settings))
            for service in choreography().services
            if service.settings is not None
        ),
        *([Check("alerts", partial(check_receivers, os.environ))] if VARIABLE in os.environ else []),
        Check("identity", partial(check_identity, servers, credentials)),
    ]
    visits = ((HUB, hub.check_access), (COSMOS, cosmos.check_access), (BLOB, blob.check_access))
    for name, check_access in visits:
        address = servers[name]
        checks += [
            Check(f"{name}: name", partial(check_name, address)),
            Check(f"{name}: connection", partial(check_connection, address), (f"{name}: name",)),
        ]
        if address.url:
            checks.append(Check(f"{name}: clock", partial(check_clock, address, now), (f"{name}: connection",)))
        needs = (f"{name}: connection", "identity") if address.key is None else (f"{name}: connection",)
        checks.append(Check(f"{name}: access", check_access, needs))
        if name == HUB:
            checks += _hub_checks(hub)
        elif name == COSMOS:
            checks += _cosmos_checks(cosmos)
        else:
            checks += _blob_checks(blob, lag)
    return checks + _service_checks(lag)


def _hub_checks(hub: HubVisit) -> list[Check]:
    groups = [*choreography().names, CONSOLE]
    return [
        Check(f"{HUB}: hub", hub.check_hub, (f"{HUB}: access",)),
        *(Check(f"{HUB}: group {group}", partial(hub.check_group, group), (f"{HUB}: hub",)) for group in groups),
        Check(f"{HUB}: sending", hub.check_sending, (f"{HUB}: hub",)),
    ]


def _cosmos_checks(cosmos: CosmosVisit) -> list[Check]:
    checks = []
    for participant in choreography():
        name = f"{COSMOS}: database {participant.database}"
        checks += [
            Check(name, partial(cosmos.check_database, participant), (f"{COSMOS}: access",)),
            Check(f"{COSMOS}: buckets of {participant.database}", partial(cosmos.check_buckets, participant), (name,)),
        ]
    return checks


def _blob_checks(blob: BlobVisit, lag: LagVisit) -> list[Check]:
    return [
        Check(
            f"{BLOB}: checkpoints of {participant.name}",
            partial(blob.check_checkpoints, lag, participant.name),
            (f"{BLOB}: access", f"{HUB}: hub"),
        )
        for participant in choreography()
    ]


def _service_checks(lag: LagVisit) -> list[Check]:
    needs = (f"{BLOB}: access", f"{HUB}: hub")
    return [
        Check(
            f"service {participant.name}",
            partial(lag.check_service, participant.name),
            needs,
            limit_factor=FACTOR,
        )
        for participant in choreography()
    ]
