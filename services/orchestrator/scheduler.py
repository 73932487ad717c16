"""The Durable Task Scheduler: a client for what comes from the hub, and the worker that runs sagas and their steps."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from concurrent.futures import Future
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import grpc
from durabletask.azuremanaged.client import AsyncDurableTaskSchedulerClient
from durabletask.azuremanaged.worker import DurableTaskSchedulerWorker
from durabletask.grpc_options import GrpcWorkerResiliencyOptions
from durabletask.task import ActivityContext
from durabletask.worker import ConcurrencyOptions

from quartet import OutageError
from quartet.adapters import ServiceContext
from quartet.engine.records.record import Json
from quartet.events import Event, format_time, to_json
from services.orchestrator.saga import order_saga
from services.orchestrator.settings import OrchestratorSettings, Scheduler
from services.order.domain import OrderPolicy, deadline_of
from shared.events import OrderCreated

if TYPE_CHECKING:  # with a local scheduler, no process needs its 18 MB
    from azure.identity import DefaultAzureCredential, aio

Step: TypeAlias = Callable[[Sequence[Json]], Coroutine[Any, Any, list[Json]]]

_NAME: Final = "order_saga"
_LOG: Final = logging.getLogger("durabletask")
# What passes without help. Everything else is a bug, or a person must act.
_AWAY: Final = frozenset(
    {
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        grpc.StatusCode.ABORTED,
        grpc.StatusCode.CANCELLED,
        grpc.StatusCode.INTERNAL,
    }
)
_RECONNECT: Final = GrpcWorkerResiliencyOptions(
    hello_timeout_seconds=5, reconnect_backoff_base_seconds=0.2, reconnect_backoff_cap_seconds=5
)


class DurableSagas:
    """The port `Sagas`."""

    def __init__(self, client: AsyncDurableTaskSchedulerClient, deadline: Callable[[Event[Any]], datetime]) -> None:
        self._client = client
        self._deadline = deadline

    async def begin(self, event: Event[Any]) -> Json | None:
        """See `Sagas.begin`."""
        try:
            await self._client.schedule_new_orchestration(_NAME, input=self._first(event), instance_id=event.saga_id)
        except grpc.aio.AioRpcError as error:
            if error.code() != grpc.StatusCode.ALREADY_EXISTS:
                raise _outage(error) from error
            return await self._began(event.saga_id)
        return None

    async def pass_on(self, name: str, event: Event[Any]) -> None:
        """See `Sagas.pass_on`."""
        try:
            await self._client.raise_orchestration_event(event.saga_id, name, data=self._first(event))
        except grpc.aio.AioRpcError as error:
            raise _outage(error) from error

    async def _began(self, saga_id: str) -> Json:
        try:
            state = await self._client.get_orchestration_state(saga_id)
        except grpc.aio.AioRpcError as error:
            raise _outage(error) from error
        if state is None:
            raise OutageError(f"the saga of {saga_id} was removed from the scheduler")
        first: Json = state.get_input()
        event: Json = first["event"]
        return event

    def _first(self, event: Event[Any]) -> Json:
        deadline = format_time(self._deadline(event)) if isinstance(event.data, OrderCreated) else ""
        return {"event": to_json(event), "deadline": deadline}


def _outage(error: grpc.aio.AioRpcError) -> Exception:
    """The error for the engine: an outage if it passes."""
    if error.code() in _AWAY:
        return OutageError(f"Durable Task Scheduler: {error.code().name}: {error.details()}")
    return error


@asynccontextmanager
async def open_sagas(context: ServiceContext) -> AsyncIterator[DurableSagas]:
    """The port of the hub's handlers."""
    settings = context.own(OrchestratorSettings)
    scheduler = settings.scheduler
    credential = _credential(scheduler)
    client = AsyncDurableTaskSchedulerClient(
        host_address=scheduler.host_address,
        taskhub=scheduler.taskhub,
        token_credential=credential,
        secure_channel=scheduler.secure_channel,
        logger=_LOG,
    )
    try:
        yield DurableSagas(client, partial(deadline_of, policy=OrderPolicy(settings.order_deadline)))
    finally:
        await client.close()
        if credential is not None:
            await credential.close()


def _credential(scheduler: Scheduler) -> "aio.DefaultAzureCredential | None":
    if not scheduler.with_identity:
        return None
    from azure.identity import aio

    return aio.DefaultAzureCredential(managed_identity_client_id=scheduler.client_id)


def _sync_credential(scheduler: Scheduler) -> "DefaultAzureCredential | None":
    """The worker has threads of its own, and asks from them."""
    if not scheduler.with_identity:
        return None
    from azure.identity import DefaultAzureCredential

    return DefaultAzureCredential(managed_identity_client_id=scheduler.client_id)


class Worker:
    """Runs sagas, and their steps on the event loop that made it."""

    def __init__(self, settings: OrchestratorSettings, steps: Mapping[str, Step]) -> None:
        """`steps`: what each activity does with its events, by its name."""
        self._loop = asyncio.get_running_loop()
        scheduler = settings.scheduler
        self._worker = DurableTaskSchedulerWorker(
            host_address=scheduler.host_address,
            taskhub=scheduler.taskhub,
            token_credential=_sync_credential(scheduler),
            secure_channel=scheduler.secure_channel,
            resiliency_options=_RECONNECT,
            concurrency_options=ConcurrencyOptions(
                maximum_concurrent_activity_work_items=settings.activity_threads,
                maximum_concurrent_orchestration_work_items=settings.activity_threads,
                maximum_thread_pool_workers=settings.activity_threads,
            ),
            logger=_LOG,
        )
        self._worker.add_orchestrator(order_saga)  # type: ignore[arg-type]  # the SDK's type knows no result
        for name, step in steps.items():
            self._worker.add_activity(self._activity(name, step))
        self._running: set[Future[Any]] = set()

    def _activity(self, name: str, step: Step) -> Callable[[ActivityContext, Any], Any]:
        def activity(_context: ActivityContext, events: list[Json]) -> list[Json]:
            future: Future[list[Json]] = asyncio.run_coroutine_threadsafe(step(events), self._loop)
            self._running.add(future)
            try:
                return future.result()
            finally:
                self._running.discard(future)

        activity.__name__ = name
        return activity

    async def run(self, shutdown_seconds: float) -> None:
        """Work until cancelled, then finish the steps in progress. Those that take too long are tried again later."""
        self._worker.start()  # type: ignore[no-untyped-call]  # the SDK
        try:
            await asyncio.Event().wait()
        finally:
            _LOG.setLevel(logging.ERROR)  # it warns of the stream that it closes
            stopping = asyncio.create_task(asyncio.to_thread(self._worker.stop))
            await asyncio.wait([stopping], timeout=shutdown_seconds)
            for future in list(self._running):
                future.cancel()
            await stopping
