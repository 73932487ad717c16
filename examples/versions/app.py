"""The application as one object: `quartet --app examples.versions.app:PRESS up`."""

from collections.abc import Iterator

from examples.versions.accounts import ACCOUNTS, Account
from examples.versions.events import EVENTS, OrderCreated, OrderCreatedV2, OrderCreatedV3, OrderPrintedV2
from examples.versions.printing import PRINTER
from examples.versions.samples import SAMPLES
from quartet import Choreography, Evidence, Service


def printed_is_accounted(evidence: Evidence) -> Iterator[str]:
    """What is printed was ordered, and accounts know what for."""
    for order in evidence.sagas:
        account = evidence.state(ACCOUNTS.name, order)
        if evidence.state(PRINTER.name, order) is not None and not _is_complete(account):
            yield f"{order}: is printed, and accounts know {account}"


def _is_complete(account: object) -> bool:
    return isinstance(account, Account) and bool(account.form) and account.copies > 0


PRESS = Choreography(
    name="press",
    events=EVENTS,
    services=(Service(PRINTER, ports=lambda _: None), Service(ACCOUNTS, ports=lambda _: None)),
    ends={OrderPrintedV2},
    inputs=(OrderCreatedV3, OrderCreatedV2, OrderCreated),
    samples=SAMPLES,
    invariants=(printed_is_accounted,),
    hub="press-events",
)
