"""The disturbances that the cloud allows from outside: restarts, other replica counts, new revisions."""

from collections.abc import Callable, Sequence

from tests.evidence.runner import EvidenceError, Runner
from tests.evidence.shop import spread


def disturb(runner: Runner, group: str, name: str, seconds: float, done: dict[str, str]) -> None:
    """Disturb the four services, one after the other, spread over some seconds. See `spread`."""

    def update(service: str, *changes: str) -> None:
        runner.run("az", "containerapp", "update", *_app(service, group, name), *changes, "--output", "none")

    def restart(service: str) -> None:
        query = ("--query", "properties.latestReadyRevisionName", "--output", "tsv")
        revision = runner.run("az", "containerapp", "show", *_app(service, group, name), *query).strip()
        if not revision:
            raise EvidenceError(f"{service} has no revision that is ready")
        app = _app(service, group, name)
        runner.run("az", "containerapp", "revision", "restart", *app, "--revision", revision, "--output", "none")

    acts: Sequence[tuple[str, Callable[[], None]]] = (
        ("restart payment", lambda: restart("payment")),
        ("scale inventory out to 3 replicas", lambda: update("inventory", "--min-replicas", "3")),
        ("rotate shipping: a new revision", lambda: update("shipping", "--set-env-vars", "EVIDENCE_ROTATION=1")),
        ("scale inventory in to 1 replica", lambda: update("inventory", "--min-replicas", "1")),
        ("restart order", lambda: restart("order")),
    )
    spread(acts, seconds, done)


def _app(service: str, group: str, name: str) -> tuple[str, ...]:
    return ("--resource-group", group, "--name", f"ca-{service}-{name}")
