"""The hubs of an application: which events come in by which hub, and who may say them there.

The broker decides who may send to a hub, but not what is sent. So a participant compares: an event has an effect only
if its source may say it, and only if it came in by a hub to which that author may send.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias, get_args

from quartet.engine.dead_letters.requests import RedriveRequested
from quartet.engine.declaration.participant import Participant
from quartet.events import OPERATORS, OUTSIDE, Registry, service_source
from quartet.events.text import quoted

WRONG_AUTHOR: Final = "wrong_author"
"""Why an event is a dead letter whose source may not say it."""

WRONG_HUB: Final = "wrong_hub"
"""Why an event is a dead letter that came in by a hub to which its author may not send."""

REFUSED: Final = frozenset({WRONG_AUTHOR, WRONG_HUB})
"""Why an event is a dead letter that must be taken for forged: nothing that it says of itself can be believed."""

MAIN: Final = ""
"""How a message says that it came in by the main hub, and what a dead letter says that is older than other hubs."""

Layout: TypeAlias = Literal["one", "inbound", "authors"]
"""How events are spread over hubs.

`one`: all are on the main hub. `inbound`: what comes from outside has a hub of its own. `authors`: so has each
participant, and the main hub is left for the requests of operators.
"""

LAYOUTS: Final = get_args(Layout)

_LONGEST: Final = 60  # the id of a dead letter names its hub


def place_of(label: str, partition: str) -> str:
    """A partition among those of all hubs: by its id alone in the main hub."""
    return partition if label == MAIN else f"{label}/{partition}"


@dataclass(frozen=True, slots=True)
class Hub:
    """One hub, and who may send to it: names of participants, `OUTSIDE` and `OPERATORS`."""

    name: str
    authors: frozenset[str]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an event has no effect.

    Attributes:
        reason: `WRONG_AUTHOR` or `WRONG_HUB`.
        detail: one line for a person.
    """

    reason: str
    detail: str


@dataclass(frozen=True)
class Hubs:
    """The hubs of a deployment, as each participant and each tool of it must know them.

    Attributes:
        events: the events of the application; each says who may say it.
        layout: how they are spread.
        main, inbound: the names of the main hub, and of the one for what comes from outside.
        participants: the names of participants that say no event of the application.
    """

    events: Registry
    layout: Layout = "one"
    main: str = "saga-events"
    inbound: str = "inbound"
    participants: Collection[str] = ()
    _by_label: Mapping[str, Hub] = field(init=False, repr=False, compare=False)
    _known: Mapping[str, str] = field(init=False, repr=False, compare=False)
    _allowed: Collection[tuple[str, str, str]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Lay the hubs out.

        Raises:
            ValueError: an event does not say who says it, where that decides what a participant receives; or two hubs
                would have one name, or one name is too long.
        """
        said_by = {author for model in self.events.models for author in model.said_by}
        names = sorted({*self.participants, *said_by} - {OUTSIDE, OPERATORS})
        object.__setattr__(self, "_known", {service_source(name): name for name in names})
        object.__setattr__(self, "_by_label", self._lay_out(names))  # a frozen dataclass has no other way
        if self.layout != "one":
            self._check()
        # Most events are those of participants, where they belong: one look finds them.
        allowed = {
            (label, model.type, service_source(author))
            for label, hub in self._by_label.items()
            for model in self.events.models
            for author in hub.authors.intersection(model.said_by) - {OUTSIDE}
        }
        object.__setattr__(self, "_allowed", allowed)

    def _lay_out(self, names: Collection[str]) -> dict[str, Hub]:
        outside, all_participants = frozenset({OUTSIDE}), frozenset(names)
        match self.layout:
            case "one":
                return {MAIN: Hub(self.main, all_participants | {OUTSIDE, OPERATORS})}
            case "inbound":
                main = Hub(self.main, all_participants | {OPERATORS})
                return {MAIN: main, self.inbound: Hub(self.inbound, outside)}
            case "authors":
                own = [Hub(f"{self.main}-{name}", frozenset({name})) for name in names]
                hubs = [Hub(self.inbound, outside), *own]
                return {MAIN: Hub(self.main, frozenset({OPERATORS})), **{hub.name: hub for hub in hubs}}

    def _check(self) -> None:
        if silent := [model.type for model in self.events.models if not model.said_by]:
            raise ValueError(f"{', '.join(silent)}: said_by is missing, so it is not known by which hub it comes in")
        if self.inbound == self.main:
            raise ValueError(f"the inbound hub must not be the main hub, {self.main}")
        if too_long := [hub.name for hub in self.all if len(hub.name) > _LONGEST]:
            raise ValueError(f"the name of a hub has at most {_LONGEST} characters: {', '.join(too_long)}")

    @property
    def all(self) -> tuple[Hub, ...]:
        """Every hub, the main one first."""
        return tuple(self._by_label.values())

    @property
    def of_outside(self) -> Hub:
        """The hub to which front ends send."""
        return self.written_by(OUTSIDE)

    @property
    def of_operators(self) -> Hub:
        """The hub to which requests of operators go."""
        return self.written_by(OPERATORS)

    def label(self, hub: Hub) -> str:
        """How a message says that it came in by this hub."""
        return MAIN if hub.name == self.main else hub.name

    def written_by(self, author: str) -> Hub:
        """The hub to which an author sends.

        Raises:
            KeyError: there is no such author.
        """
        for hub in self.all:
            if author in hub.authors:
                return hub
        raise KeyError(author)

    def read_by(self, participant: Participant[Any, Any]) -> tuple[Hub, ...]:
        """The hubs by which something may come in that a participant hears. Requests of operators are for everyone."""
        heard = {author for type_ in participant.hears for author in self.events[type_].said_by}
        return tuple(hub for hub in self.all if self.layout == "one" or hub.authors & (heard | {OPERATORS}))

    def refusal(self, label: str, type_: str, source: str) -> Refusal | None:
        """Why an event may not be said by its source, or not on the hub that it came in by; None if it may.

        Of a type that is not known nothing is said: it cannot be read. Nor of a participant's report to operators:
        participants do not act on it.
        """
        if (label, type_, source) in self._allowed:
            return None
        may_say = self._may_say(type_)
        if may_say is None:
            return None
        author = self._known.get(source) or (OPERATORS if type_ == RedriveRequested.type else OUTSIDE)
        if author not in may_say:
            who = quoted(source)
            return Refusal(WRONG_AUTHOR, f"source: {who} may not say {type_}; it is for {', '.join(sorted(may_say))}")
        hub = self._by_label.get(label)
        if hub is None or author not in hub.authors:
            where = "the main hub" if label == MAIN else f"the hub {label}"
            return Refusal(WRONG_HUB, f"{type_} of {author} may not come in by {where}")
        return None

    def _may_say(self, type_: str) -> Collection[str] | None:
        """The authors of a type; None if any client may say it."""
        if type_ == RedriveRequested.type:
            return (OPERATORS,)
        model = self.events.get(type_)
        return (model.said_by if model is not None else ()) or None
