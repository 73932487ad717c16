"""SASL: anonymous clients authorise themselves with tokens later, plain ones show the key immediately.

Source: AMQP 1.0, part 5 (security), section 5.3.
"""

from quartet_emulators.event_hubs.authorisation import Grant, log_in
from quartet_emulators.event_hubs.errors import AmqpError
from quartet_emulators.event_hubs.performatives import SaslInit, SaslMechanisms, SaslOutcome
from quartet_emulators.event_hubs.types import Array, Symbol

OK, REFUSED = 0, 1
ANONYMOUS, MSSBCBS, PLAIN = "ANONYMOUS", "MSSBCBS", "PLAIN"
"""MSSBCBS is Microsoft's name for: anonymous here, tokens over ``$cbs`` later."""


def mechanisms() -> SaslMechanisms:
    """What a client may choose from."""
    return SaslMechanisms(sasl_server_mechanisms=Array([Symbol(MSSBCBS), Symbol(PLAIN), Symbol(ANONYMOUS)]))


def authenticate(init: SaslInit) -> tuple[Grant | None, SaslOutcome]:
    """The right that a client's mechanism gives it, and the answer to the client."""
    if init.mechanism in (ANONYMOUS, MSSBCBS):
        return None, SaslOutcome(code=OK)
    try:
        if init.mechanism == PLAIN:
            _, name, key = (init.initial_response or b"").decode().split("\0")
            return log_in(name, key), SaslOutcome(code=OK)
    except (AmqpError, ValueError):
        pass  # the outcome says it; the connection logs it
    return None, SaslOutcome(code=REFUSED)
