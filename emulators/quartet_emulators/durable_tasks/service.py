"""The gRPC service: methods to functions, refusals to statuses, counted and struck by faults."""

import inspect
import re
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Final, NoReturn, TypeAlias, cast

import grpc
from google.protobuf.message import Message

from quartet_emulators.durable_tasks import for_clients, for_workers, housekeeping
from quartet_emulators.durable_tasks.calls import Call, RefusedError
from quartet_emulators.durable_tasks.failing import Failing
from quartet_emulators.durable_tasks.protocol import Method, methods
from quartet_emulators.durable_tasks.state import State
from quartet_emulators.durable_tasks.store import StoreError
from quartet_emulators.faults import Injector

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"
Answering: TypeAlias = Callable[[Any, Context], Awaitable[Message]]
Streaming: TypeAlias = Callable[[Any, Context], Awaitable[None]]

DEFAULT_HUB: Final = "default"
_MODULES: Final = (for_clients, for_workers, housekeeping)


class Service(grpc.GenericRpcHandler):
    """All methods of the service, by path.

    Args:
        counters: counts calls by agent and operation.
        faults: those to inject.
    """

    def __init__(self, state: State, counters: Counter[tuple[str, str]], faults: Injector) -> None:
        self._state = state
        self._counters = counters
        self._faults = faults
        self._failing = Failing(faults)
        self._handlers = {method.path: self._handler(method) for method in methods()}

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> "grpc.RpcMethodHandler[Any, Any] | None":
        """The handler of a path; None if there is none, which gRPC answers."""
        return self._handlers.get(handler_call_details.method)

    def _handler(self, method: Method) -> "grpc.RpcMethodHandler[Any, Any]":
        operation = operation_of(method.name)
        function = next(found for module in _MODULES if (found := getattr(module, operation, None)) is not None)
        read = cast(Callable[[bytes], Message], method.request.FromString)
        if method.streams:
            return grpc.unary_stream_rpc_method_handler(
                self._streaming(operation, function), request_deserializer=read, response_serializer=_serialized
            )
        return grpc.unary_unary_rpc_method_handler(
            self._answering(operation, function), request_deserializer=read, response_serializer=_serialized
        )

    def _call(self, operation: str, context: Context) -> Call:
        metadata = {key: value for key, value in context.invocation_metadata() or () if isinstance(value, str)}
        agent = metadata.get("x-user-agent") or metadata.get("user-agent", "")
        self._counters[agent, operation] += 1
        return Call(self._state, agent, metadata.get("taskhub") or DEFAULT_HUB)

    def _answering(self, operation: str, function: Callable[[Call, Any], Awaitable[Message]]) -> Answering:
        async def answer(request: Message, context: Context) -> Message:
            call = self._call(operation, context)

            async def carry_out() -> Message:
                done = await function(call, request)
                await self._state.store.committed()
                return done

            try:
                if self._faults.rules:
                    return await self._failing.answer(call, operation, request, carry_out)
                return await carry_out()
            except (RefusedError, StoreError) as error:
                await _refuse(context, error)

        return answer

    def _streaming(self, operation: str, function: Callable[[Call, Any], AsyncIterator[Message | bytes]]) -> Streaming:
        async def stream(request: Message, context: Context) -> None:
            call = self._call(operation, context)
            try:
                if self._faults.rules:
                    await self._failing.open(call, operation, request)
                await self._send(call, function(call, request), context)
            except (RefusedError, StoreError) as error:
                await _refuse(context, error)

        return stream

    async def _send(self, call: Call, answers: AsyncIterator[Message | bytes], context: Context) -> None:
        """Send a stream. Whatever ends it, also ends what produces it."""
        try:
            async for answer in answers:
                if self._faults.rules and isinstance(answer, bytes):
                    await self._failing.send(call, answer)
                await context.write(answer)
        except grpc.aio.InternalError:
            return  # the client is gone, which gRPC finds out while it sends
        finally:
            if inspect.isasyncgen(answers):
                await answers.aclose()


async def _refuse(context: Context, error: RefusedError | StoreError) -> NoReturn:
    if isinstance(error, RefusedError):
        await context.abort(error.code, error.message)
    await context.abort(grpc.StatusCode.UNAVAILABLE, str(error))


def operation_of(name: str) -> str:
    """The name of an operation in counters and faults: `StartInstance` is `start_instance`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def _serialized(answer: Message | bytes) -> bytes:
    return answer if isinstance(answer, bytes) else answer.SerializeToString()
