"""Faults in a few words, for a test. Every other fault is a rule; see docs/emulators.md."""

from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

Ask = Callable[[str, str, object], Any]


class FaultRecipes:
    """Switches faults on, one after the other; as a context manager, it ends all of them at the end of the block.

    A trigger is one of `first=n` (the first n requests that match), `every=n`, `probability=p`; without any, the fault
    strikes each request. `limit=n` strikes n times at most. `match` has globs: `{"operation": "create"}`. With the same
    seed, the same requests are struck.
    """

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._rules: list[dict[str, Any]] = []
        self._seed = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.clear()

    def seed(self, number: int) -> None:
        """Decide with another seed from now on. The rules stay."""
        self._seed = number
        self._switch_on()

    def add(self, server: str, fault: str, *, match: dict[str, str] | None = None, **parameters: object) -> None:
        """Switch a fault on: a rule of a plan, as docs/emulators.md describes it.

        Raises:
            EmulatorsError: there is no such server, fault or parameter; it names those that there are.
        """
        self._rules.append({"server": server, "fault": fault, **({"match": match} if match else {}), **parameters})
        try:
            self._switch_on()
        except Exception:
            self._rules.pop()
            raise

    def drop_replies(self, server: str = "cosmos", *, match: dict[str, str] | None = None, **trigger: object) -> None:
        """Lost acknowledgement: the request is done, and its client never hears of it.

        `server`: `cosmos`, `blob` or `event_hubs`, where it strikes what is sent.
        """
        fault = "lost_acknowledgement" if server == "event_hubs" else "lost_reply"
        self.add(server, fault, match=match, **trigger)

    def throttle(self, *, retry_after_ms: int = 100, match: dict[str, str] | None = None, **trigger: object) -> None:
        """Throttling storm: Cosmos DB answers 429, and says when to come back."""
        self.add("cosmos", "throttle", match=match, retry_after_ms=retry_after_ms, **trigger)

    def steal_links(self, *, match: dict[str, str] | None = None, **trigger: object) -> None:
        """Stolen link: a receiver of Event Hubs is detached, as if another one had taken its partition."""
        self.add("event_hubs", "steal", match=match, **trigger)

    def outage(self, server: str, seconds: float) -> None:
        """Let a server be away for some seconds: connections break, and its port refuses. It keeps its data."""
        self._ask("POST", "/outage", {"server": server, "seconds": seconds})

    def report(self) -> dict[str, Any]:
        """The rules, with the number of requests that each has seen and struck."""
        found: dict[str, Any] = self._ask("GET", "/faults", None)
        return found

    def clear(self) -> None:
        """End all faults but an outage, which ends after its time."""
        self._rules.clear()
        self._ask("DELETE", "/faults", None)

    def _switch_on(self) -> None:
        self._ask("PUT", "/faults", {"seed": self._seed, "rules": self._rules})
