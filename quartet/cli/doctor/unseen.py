"""Servers that an application needs and that `quartet doctor` cannot ask anything."""

from collections.abc import Collection
from functools import partial

from quartet.cli.doctor.check import Check, Verdict, doubtful


def unseen_checks(servers: Collection[str]) -> list[Check]:
    """A line for each of these: without it, all other lines would look like an all-clear."""
    return [Check(server, partial(_say_so, server)) for server in sorted(servers)]


async def _say_so(server: str) -> Verdict:
    return doubtful(
        f"not looked at: doctor cannot ask {server}",
        "see the log of the service that uses it, and the server's own dashboard",
    )
