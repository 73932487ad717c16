"""The orchestrator as a process: it hears the hub, runs the sagas, and calls the participants' handlers itself."""

from contextlib import AsyncExitStack

from quartet import Participant, Service, on
from quartet.adapters import ServiceContext
from quartet.process.waiting import Waiting
from services.orchestrator.activities import SERVICES, open_participants, steps
from services.orchestrator.handlers import Nothing, Sagas, begin_saga, cancel_saga
from services.orchestrator.scheduler import Worker, open_sagas
from services.orchestrator.settings import OrchestratorSettings, check_layout
from shared.events import REGISTRY, OrderCancellationRequested, OrderCreated

PARTICIPANT: Participant[Nothing, Sagas] = Participant(
    events=REGISTRY,
    name="orchestrator",
    database="orchestrator",
    container="sagas",
    state=Nothing,
    reactions=(on(OrderCreated, begin_saga, creates=True), on(OrderCancellationRequested, cancel_saga, creates=True)),
)


class Orchestrator(Service[Nothing, Sagas]):
    """A service that also has the ports of those that it calls."""

    @property
    def variables(self) -> frozenset[str]:
        """See `Service.variables`."""
        return super().variables.union(*(service.variables for service in SERVICES))

    @property
    def port_variables(self) -> tuple[str, ...]:
        """See `Service.port_variables`."""
        return tuple(variable for service in SERVICES for variable in service.port_variables)


async def run_sagas(context: ServiceContext) -> None:
    """Run sagas and their steps, forever."""
    check_layout(context.settings.hub_layout)
    waiting = Waiting(context.settings.startup_seconds, context.log)
    async with AsyncExitStack() as stack:
        participants = await waiting.enter(stack, "the participants' servers", lambda: open_participants(context))
        await Worker(context.own(OrchestratorSettings), steps(participants)).run(context.settings.shutdown_seconds)


SERVICE = Orchestrator(
    PARTICIPANT,
    ports=open_sagas,
    background=(run_sagas,),
    settings=OrchestratorSettings,
    module="services.orchestrator",
)
