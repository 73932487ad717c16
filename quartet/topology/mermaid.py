"""A choreography as a Mermaid flow chart, which GitHub and others draw."""

from collections.abc import Iterator

from quartet.choreography import Choreography
from quartet.events import OUTSIDE
from quartet.topology.edges import END, edges


def mermaid(app: Choreography) -> str:
    """The text of the chart. What belongs to a failure is dashed. Participants with the same event share an arrow."""
    return "\n".join(["flowchart LR", *_nodes(app), *_arrows(app)]) + "\n"


def _nodes(app: Choreography) -> Iterator[str]:
    yield f"    {_id(OUTSIDE)}([outside])"
    for name in app.names:
        yield f"    {_id(name)}[{name}]"
    yield f"    {_id(END)}([end])"


def _arrows(app: Choreography) -> Iterator[str]:
    labels: dict[tuple[str, str, bool], list[str]] = {}
    for edge in edges(app):
        labels.setdefault((edge.sayer, edge.hearer, edge.compensates), []).append(edge.event.__name__)
    for (sayer, hearer, compensates), events in labels.items():
        label = "<br/>".join(events)
        arrow = f"-. {label} .->" if compensates else f"-- {label} -->"
        yield f"    {_id(sayer)} {arrow} {_id(hearer)}"


def _id(name: str) -> str:
    # Mermaid has words of its own, such as `end`, and a participant may be called like one.
    return {OUTSIDE: "outside", END: "finish"}.get(name, f"p_{name.replace('-', '_')}")
