"""Everything that is asked of a deployment, in the order in which a person would."""

import os
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from functools import partial

from quartet.azure.cosmos import console_database
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
from quartet.cli.doctor.senders import check_senders
from quartet.cli.doctor.unseen import unseen_checks
from quartet.cli.doctor.versions import check_versions
from quartet.cli.reading.hubs import for_each, hearers_of, hubs_of
from quartet.engine.declaration.hubs import MAIN
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
    visits = {label: HubVisit(one, servers[HUB], credentials, stack) for label, one in for_each(settings).items()}
    cosmos = CosmosVisit(settings, servers[COSMOS], credentials, stack)
    blob = BlobVisit(settings, servers[BLOB], credentials, stack)
    lag = LagVisit(
        settings,
        choreography().names,
        stack,
        hubs=visits,
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
        Check("senders", partial(check_senders, settings, os.environ)),
        Check("identity", partial(check_identity, servers, credentials)),
        *unseen_checks(choreography().emulators),
    ]
    # How far a service is, is asked of every hub.
    needed = (f"{BLOB}: access", *map(_hub_check, visits))
    servers_in_order = ((HUB, visits[MAIN].check_access), (COSMOS, cosmos.check_access), (BLOB, blob.check_access))
    for name, check_access in servers_in_order:
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
            checks += _all_hub_checks(settings, visits)
        elif name == COSMOS:
            checks += _cosmos_checks(cosmos)
        else:
            checks += _blob_checks(blob, lag, needed)
    return checks + _service_checks(lag, needed)


def _hub_check(label: str) -> str:
    """The name of the check whether a hub exists."""
    return f"{HUB}: hub {label}" if label else f"{HUB}: hub"


def _all_hub_checks(settings: Settings, visits: Mapping[str, HubVisit]) -> list[Check]:
    hubs = hubs_of(settings)
    sent_to = {hubs.label(hubs.of_outside), hubs.label(hubs.of_operators)}
    checks = []
    for label, visit in visits.items():
        # Of the main hub, access was checked before.
        name, check = _hub_check(label), visit.check_hub if label == MAIN else visit.check_all
        groups = [*hearers_of(settings, label), CONSOLE]
        about = f" of {label}" if label else ""
        needs = (name,)
        checks += [
            Check(name, check, (f"{HUB}: access",)),
            *(Check(f"{HUB}: group {one}{about}", partial(visit.check_group, one), needs) for one in groups),
        ]
        if label in sent_to:
            checks.append(Check(f"{HUB}: sending{f' to {label}' if label else ''}", visit.check_sending, needs))
    return checks


def _cosmos_checks(cosmos: CosmosVisit) -> list[Check]:
    access = (f"{COSMOS}: access",)
    checks = []
    for participant in choreography():
        database = participant.database
        name = f"{COSMOS}: database {database}"
        checks += [
            Check(name, partial(cosmos.check_database, database, participant.all_containers), access),
            Check(f"{COSMOS}: buckets of {database}", partial(cosmos.check_buckets, database), (name,)),
        ]
    if os.environ.get(console_database.VARIABLE) == "true":
        look = partial(cosmos.check_database, console_database.DATABASE, console_database.CONTAINERS)
        checks.append(Check(f"{COSMOS}: database {console_database.DATABASE}", look, access))
    return checks


def _blob_checks(blob: BlobVisit, lag: LagVisit, needed: tuple[str, ...]) -> list[Check]:
    return [
        Check(
            f"{BLOB}: checkpoints of {participant.name}",
            partial(blob.check_checkpoints, lag, participant.name),
            needed,
        )
        for participant in choreography()
    ]


def _service_checks(lag: LagVisit, needed: tuple[str, ...]) -> list[Check]:
    return [
        Check(
            f"service {participant.name}",
            partial(lag.check_service, participant.name),
            needed,
            limit_factor=FACTOR,
        )
        for participant in choreography()
    ]
