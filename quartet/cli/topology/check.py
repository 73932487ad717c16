"""`quartet check`: checks the choreography against the rules that need no run."""

import typer

from quartet.cli.application import choreography
from quartet.printable import printable
from quartet.terminal.console import results
from quartet.topology.rules import problems


def check() -> None:
    """Check the choreography: every event is said and heard, failures arrive, no endless circle, a sample of each."""
    app = choreography()
    found = problems(app)
    for problem in found:
        results().print(printable(problem), soft_wrap=True)
    if found:
        raise typer.Exit(1)
    results().print(f"{app.name}: {len(app.participants)} participants, {len(app.events)} events, nothing wrong")
