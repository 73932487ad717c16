"""The frame bodies of AMQP 1.0, as dataclasses.

Every field is encoded, also when it is null: the Azure SDK for Python indexes the lists by position and
fails on a list whose trailing nulls were dropped, which the standard would allow.

Source: AMQP 1.0, part 2 (transport), section 2.7, and part 5 (security), section 5.3.3.
"""

from collections.abc import Sequence
from dataclasses import MISSING, dataclass, fields
from itertools import zip_longest
from types import UnionType
from typing import Annotated, Any, ClassVar, Self, get_args, get_origin, get_type_hints

from quartet_emulators.event_hubs.decoding import DecodeError
from quartet_emulators.event_hubs.encoding import encode, encode_list
from quartet_emulators.event_hubs.errors import AmqpError
from quartet_emulators.event_hubs.types import Described, Symbol, UByte, UInt, ULong, UShort


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    kind: type
    default: object
    """``MISSING`` if the field is mandatory."""


def _fields_of(cls: type["Performative"]) -> list[_Field]:
    """The fields in their order, with their AMQP types: the annotation's, or the first of a union."""
    hints = get_type_hints(cls, include_extras=True)
    return [_Field(field.name, _kind_of(hints[field.name]), field.default) for field in fields(cls)]


def _kind_of(hint: object) -> type:
    if get_origin(hint) is Annotated:
        kind = get_args(hint)[1]
    elif get_origin(hint) is UnionType:
        kind = get_origin(get_args(hint)[0]) or get_args(hint)[0]
    else:
        kind = hint
    assert isinstance(kind, type)  # noqa: S101 - true of all classes below
    return kind


@dataclass(slots=True, kw_only=True)
class Performative:
    """A described list with a known descriptor and known fields."""

    CODE: ClassVar[int]
    FIELDS: ClassVar[list[_Field]]

    def encode(self) -> bytes:
        """The described list, all fields included."""
        items = [_encode_field(getattr(self, field.name), field.kind) for field in self.FIELDS]
        return b"\x00\x53" + bytes([self.CODE]) + encode_list(items)

    @classmethod
    def from_values(cls, values: Sequence[object]) -> Self:
        """Read the fields of a received list; fields that are missing at the end are null.

        Raises:
            DecodeError: a field has a wrong type, a mandatory one is missing, or there are too many.
        """
        if len(values) > len(cls.FIELDS):
            raise DecodeError(f"{cls.__name__} has {len(values)} fields, more than {len(cls.FIELDS)}")
        arguments: dict[str, Any] = {}
        for field, value in zip_longest(cls.FIELDS, values):
            if value is not None and not _fits(value, field.kind):
                raise DecodeError(f"{cls.__name__}.{field.name} is a {type(value).__name__}")
            if value is None and field.default is MISSING:
                raise DecodeError(f"{cls.__name__}.{field.name} is missing")
            arguments[field.name] = field.default if value is None else value
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
    """The name of a peer, and its limits."""

    CODE: ClassVar[int] = 0x10
    container_id: str
    hostname: str | None = None
    max_frame_size: Annotated[int, UInt] = 0xFFFFFFFF
    channel_max: Annotated[int, UShort] = 0xFFFF
    idle_time_out: Annotated[int | None, UInt] = None
    outgoing_locales: object = None
    incoming_locales: object = None
    offered_capabilities: object = None
    desired_capabilities: object = None
    properties: dict[object, object] | None = None


@dataclass(slots=True, kw_only=True)
class Begin(Performative):
    """Starts a session on a channel."""

    CODE: ClassVar[int] = 0x11
    remote_channel: Annotated[int | None, UShort] = None
    next_outgoing_id: Annotated[int, UInt]
    incoming_window: Annotated[int, UInt]
    outgoing_window: Annotated[int, UInt]
    handle_max: Annotated[int, UInt] = 0xFFFFFFFF
    offered_capabilities: object = None
    desired_capabilities: object = None
    properties: dict[object, object] | None = None


@dataclass(slots=True, kw_only=True)
class Attach(Performative):
    """Attaches a link; ``role`` is true if the one who says it receives."""

    CODE: ClassVar[int] = 0x12
    name: str
    handle: Annotated[int, UInt]
    role: bool
    snd_settle_mode: Annotated[int | None, UByte] = None
    rcv_settle_mode: Annotated[int | None, UByte] = None
    source: Described | None = None
    target: Described | None = None
    unsettled: object = None
    incomplete_unsettled: bool = False
    initial_delivery_count: Annotated[int | None, UInt] = None
    max_message_size: Annotated[int | None, ULong] = None
    offered_capabilities: object = None
    desired_capabilities: object = None
    properties: dict[object, object] | None = None


@dataclass(slots=True, kw_only=True)
class Flow(Performative):
    """Updates the windows of a session, and the credit of a link if it has a handle."""

    CODE: ClassVar[int] = 0x13
    next_incoming_id: Annotated[int | None, UInt] = None
    incoming_window: Annotated[int, UInt]
    next_outgoing_id: Annotated[int, UInt]
    outgoing_window: Annotated[int, UInt]
    handle: Annotated[int | None, UInt] = None
    delivery_count: Annotated[int | None, UInt] = None
    link_credit: Annotated[int | None, UInt] = None
    available: Annotated[int | None, UInt] = None
    drain: bool = False
    echo: bool = False
    properties: dict[object, object] | None = None


@dataclass(slots=True, kw_only=True)
class Transfer(Performative):
    """Carries a message, or a part of one if ``more`` is set."""

    CODE: ClassVar[int] = 0x14
    handle: Annotated[int, UInt]
    delivery_id: Annotated[int | None, UInt] = None
    delivery_tag: bytes | None = None
    message_format: Annotated[int | None, UInt] = None
    settled: bool | None = None
    more: bool = False
    rcv_settle_mode: Annotated[int | None, UByte] = None
    state: object = None
    resume: bool = False
    aborted: bool = False
    batchable: bool = False


@dataclass(slots=True, kw_only=True)
class Disposition(Performative):
    """Gives the outcome of deliveries; ``role`` is true if their receiver says it."""

    CODE: ClassVar[int] = 0x15
    role: bool
    first: Annotated[int, UInt]
    last: Annotated[int | None, UInt] = None
    settled: bool = False
    state: Described | None = None
    batchable: bool = False


@dataclass(slots=True, kw_only=True)
class Detach(Performative):
    """Detaches a link, permanently if ``closed``."""

    CODE: ClassVar[int] = 0x16
    handle: Annotated[int, UInt]
    closed: bool = False
    error: Described | None = None


@dataclass(slots=True, kw_only=True)
class End(Performative):
    """Ends a session."""

    CODE: ClassVar[int] = 0x17
    error: Described | None = None


@dataclass(slots=True, kw_only=True)
class Close(Performative):
    """Closes a connection."""

    CODE: ClassVar[int] = 0x18
    error: Described | None = None


@dataclass(slots=True, kw_only=True)
class SaslMechanisms(Performative):
    """The mechanisms that a server accepts."""

    CODE: ClassVar[int] = 0x40
    sasl_server_mechanisms: object


@dataclass(slots=True, kw_only=True)
class SaslInit(Performative):
    """The mechanism that a client chose, with its first response."""

    CODE: ClassVar[int] = 0x41
    mechanism: Annotated[str, Symbol]
    initial_response: bytes | None = None
    hostname: str | None = None


@dataclass(slots=True, kw_only=True)
class SaslOutcome(Performative):
    """How the authentication ended: code 0 is well, 1 is refused."""

    CODE: ClassVar[int] = 0x44
    code: Annotated[int, UByte]
    additional_data: bytes | None = None


ACCEPTED = Described(ULong(0x24), [])


def rejected(error: AmqpError) -> Described:
    """The outcome of a delivery that was refused."""
    return Described(ULong(0x25), [error_value(error)])


def error_value(error: AmqpError) -> Described:
    """The error type, all three fields included."""
    return Described(ULong(0x1D), [Symbol(error.condition), error.description, None])


_FROM_CLIENTS: list[type[Performative]] = [
    *(Open, Begin, Attach, Flow, Transfer, Disposition, Detach, End, Close, SaslInit),
]
_FROM_SERVER: list[type[Performative]] = [SaslMechanisms, SaslOutcome]
for _cls in _FROM_CLIENTS + _FROM_SERVER:
    _cls.FIELDS = _fields_of(_cls)

PERFORMATIVES = {cls.CODE: cls for cls in _FROM_CLIENTS}
"""What a client may send, by descriptor."""
