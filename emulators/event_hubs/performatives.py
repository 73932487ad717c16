"""The frame bodies of AMQP 1.0, as dataclasses.

Every field is encoded, also when it is null: the Azure SDK for Python indexes the lists by position and
fails on a list whose trailing nulls were dropped, which the standard would allow.

Source: AMQP 1.0, part 2 (transport), section 2.7, and part 5 (security), section 5.3.3.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from functools import cache
from typing import Any, ClassVar, Self

from emulators.event_hubs.decoding import DecodeError
from emulators.event_hubs.encoding import encode, encode_list
from emulators.event_hubs.errors import AmqpError
from emulators.event_hubs.types import Described, Symbol, UByte, UInt, ULong, UShort


def _mandatory(kind: type) -> Any:  # noqa: ANN401 - stands for a value of any field's type
    return field(metadata={"kind": kind, "mandatory": True})


def _optional(kind: type, default: object = None) -> Any:  # noqa: ANN401 - stands for a value of any field's type
    return field(default=default, metadata={"kind": kind, "mandatory": False})


@cache
def _layout(cls: type["Performative"]) -> list[tuple[str, type, bool, object]]:
    return [(f.name, f.metadata["kind"], f.metadata["mandatory"], f.default) for f in fields(cls)]


@dataclass(slots=True, kw_only=True)
class Performative:
    """A described list with a known descriptor and known fields."""

    CODE: ClassVar[int]

    def encode(self) -> bytes:
        """The described list, all fields included."""
        items = [_encode_field(getattr(self, name), kind) for name, kind, _, _ in _layout(type(self))]
        return b"\x00\x53" + bytes([self.CODE]) + encode_list(items)

    @classmethod
    def from_values(cls, values: Sequence[object]) -> Self:
        """Read the fields of a received list; fields that are missing at the end are null.

        Raises:
            DecodeError: a field has a wrong type, a mandatory one is missing, or there are too many.
        """
        layout = _layout(cls)
        if len(values) > len(layout):
            raise DecodeError(f"{cls.__name__} has {len(values)} fields, more than {len(layout)}")
        arguments: dict[str, object] = {}
        for (name, kind, mandatory, default), value in zip(
            layout, [*values, *[None] * (len(layout) - len(values))], strict=True
        ):
            if value is None:
                if mandatory:
                    raise DecodeError(f"{cls.__name__}.{name} is missing")
                arguments[name] = default
            elif _fits(value, kind):
                arguments[name] = value
            else:
                raise DecodeError(f"{cls.__name__}.{name} is a {type(value).__name__}")
        return cls(**arguments)


def _fits(value: object, kind: type) -> bool:
    if issubclass(kind, int) and kind is not bool:
        return isinstance(value, int) and not isinstance(value, bool) and value >= 0
    if kind is Symbol:
        return isinstance(value, str)
    return isinstance(value, kind)


def _encode_field(value: object, kind: type) -> bytes:
    if value is None or kind in (object, bool) or type(value) is kind:
        return encode(value)
    return encode(kind(value))


@dataclass(slots=True, kw_only=True)
class Open(Performative):
    """Says who a peer is, and what it accepts."""

    CODE: ClassVar[int] = 0x10
    container_id: str = _mandatory(str)
    hostname: str | None = _optional(str)
    max_frame_size: int = _optional(UInt, 0xFFFFFFFF)
    channel_max: int = _optional(UShort, 0xFFFF)
    idle_time_out: int | None = _optional(UInt)
    outgoing_locales: object = _optional(object)
    incoming_locales: object = _optional(object)
    offered_capabilities: object = _optional(object)
    desired_capabilities: object = _optional(object)
    properties: dict[object, object] | None = _optional(dict)


@dataclass(slots=True, kw_only=True)
class Begin(Performative):
    """Starts a session on a channel."""

    CODE: ClassVar[int] = 0x11
    remote_channel: int | None = _optional(UShort)
    next_outgoing_id: int = _mandatory(UInt)
    incoming_window: int = _mandatory(UInt)
    outgoing_window: int = _mandatory(UInt)
    handle_max: int = _optional(UInt, 0xFFFFFFFF)
    offered_capabilities: object = _optional(object)
    desired_capabilities: object = _optional(object)
    properties: dict[object, object] | None = _optional(dict)


@dataclass(slots=True, kw_only=True)
class Attach(Performative):
    """Attaches a link; ``role`` is true if the one who says it receives."""

    CODE: ClassVar[int] = 0x12
    name: str = _mandatory(str)
    handle: int = _mandatory(UInt)
    role: bool = _mandatory(bool)
    snd_settle_mode: int | None = _optional(UByte)
    rcv_settle_mode: int | None = _optional(UByte)
    source: Described | None = _optional(Described)
    target: Described | None = _optional(Described)
    unsettled: object = _optional(object)
    incomplete_unsettled: bool = _optional(bool, default=False)
    initial_delivery_count: int | None = _optional(UInt)
    max_message_size: int | None = _optional(ULong)
    offered_capabilities: object = _optional(object)
    desired_capabilities: object = _optional(object)
    properties: dict[object, object] | None = _optional(dict)


@dataclass(slots=True, kw_only=True)
class Flow(Performative):
    """Updates the windows of a session, and the credit of a link if it has a handle."""

    CODE: ClassVar[int] = 0x13
    next_incoming_id: int | None = _optional(UInt)
    incoming_window: int = _mandatory(UInt)
    next_outgoing_id: int = _mandatory(UInt)
    outgoing_window: int = _mandatory(UInt)
    handle: int | None = _optional(UInt)
    delivery_count: int | None = _optional(UInt)
    link_credit: int | None = _optional(UInt)
    available: int | None = _optional(UInt)
    drain: bool = _optional(bool, default=False)
    echo: bool = _optional(bool, default=False)
    properties: dict[object, object] | None = _optional(dict)


@dataclass(slots=True, kw_only=True)
class Transfer(Performative):
    """Carries a message, or a part of one if ``more`` is set."""

    CODE: ClassVar[int] = 0x14
    handle: int = _mandatory(UInt)
    delivery_id: int | None = _optional(UInt)
    delivery_tag: bytes | None = _optional(bytes)
    message_format: int | None = _optional(UInt)
    settled: bool | None = _optional(bool)
    more: bool = _optional(bool, default=False)
    rcv_settle_mode: int | None = _optional(UByte)
    state: object = _optional(object)
    resume: bool = _optional(bool, default=False)
    aborted: bool = _optional(bool, default=False)
    batchable: bool = _optional(bool, default=False)


@dataclass(slots=True, kw_only=True)
class Disposition(Performative):
    """Says what became of deliveries; ``role`` is true if their receiver says it."""

    CODE: ClassVar[int] = 0x15
    role: bool = _mandatory(bool)
    first: int = _mandatory(UInt)
    last: int | None = _optional(UInt)
    settled: bool = _optional(bool, default=False)
    state: Described | None = _optional(Described)
    batchable: bool = _optional(bool, default=False)


@dataclass(slots=True, kw_only=True)
class Detach(Performative):
    """Detaches a link, for good if ``closed``."""

    CODE: ClassVar[int] = 0x16
    handle: int = _mandatory(UInt)
    closed: bool = _optional(bool, default=False)
    error: Described | None = _optional(Described)


@dataclass(slots=True, kw_only=True)
class End(Performative):
    """Ends a session."""

    CODE: ClassVar[int] = 0x17
    error: Described | None = _optional(Described)


@dataclass(slots=True, kw_only=True)
class Close(Performative):
    """Closes a connection."""

    CODE: ClassVar[int] = 0x18
    error: Described | None = _optional(Described)


@dataclass(slots=True, kw_only=True)
class SaslMechanisms(Performative):
    """The mechanisms that a server accepts."""

    CODE: ClassVar[int] = 0x40
    sasl_server_mechanisms: object = _mandatory(object)


@dataclass(slots=True, kw_only=True)
class SaslInit(Performative):
    """The mechanism that a client chose, with its first response."""

    CODE: ClassVar[int] = 0x41
    mechanism: str = _mandatory(Symbol)
    initial_response: bytes | None = _optional(bytes)
    hostname: str | None = _optional(str)


@dataclass(slots=True, kw_only=True)
class SaslOutcome(Performative):
    """How the authentication ended: code 0 is well, 1 is refused."""

    CODE: ClassVar[int] = 0x44
    code: int = _mandatory(UByte)
    additional_data: bytes | None = _optional(bytes)


ACCEPTED = Described(ULong(0x24), [])


def rejected(error: AmqpError) -> Described:
    """The outcome of a delivery that was refused."""
    return Described(ULong(0x25), [error_value(error)])


def error_value(error: AmqpError) -> Described:
    """The error type, all three fields included."""
    return Described(ULong(0x1D), [Symbol(error.condition), error.description, None])


PERFORMATIVES: dict[int, type[Performative]] = {
    cls.CODE: cls for cls in (Open, Begin, Attach, Flow, Transfer, Disposition, Detach, End, Close, SaslInit)
}
