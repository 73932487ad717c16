"""Names, connections and clocks: the checks of a server that need no access right."""

import asyncio
import socket
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

import aiohttp

from quartet.cli.doctor.addresses import Address
from quartet.cli.doctor.check import Verdict, broken, doubtful, fine
from quartet.engine.failures.timeouts import stretched

Now = Callable[[], datetime]

_NOTABLE_SECONDS: Final = 2.0
_FATAL_SECONDS: Final = 300.0
"""From here on, servers refuse signatures and tokens as too old or from the future."""


async def check_name(address: Address) -> Verdict:
    """Whether the host has an address."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    except OSError as error:
        return broken(
            f"{address.host}: {error.strerror or error}",
            "check the settings; with a private endpoint, its private DNS zone must be linked to this network",
        )
    return fine(f"{address.host} is {', '.join(sorted({str(one[4][0]) for one in found}))}")


async def check_connection(address: Address) -> Verdict:
    """Whether a server listens there."""
    where = f"{address.host}:{address.port}"
    try:
        _, writer = await asyncio.open_connection(address.host, address.port)
    except OSError as error:
        return broken(
            f"{where}: {error.strerror or error}",
            "is it running (locally: quartet up), and do firewalls let this machine through?",
        )
    writer.close()
    return fine(where)


async def check_clock(address: Address, now: Now) -> Verdict:
    """Whether the server's clock agrees with ours; a refusal has a date, too."""
    timeout = aiohttp.ClientTimeout(total=stretched(8))
    try:
        async with aiohttp.ClientSession(timeout=timeout) as session:
            sent = now()
            async with session.get(address.url, params={"restype": "container"}) as response:
                received = now()
                date = response.headers.get("Date")
    except (aiohttp.ClientError, OSError) as error:
        return broken(f"{type(error).__name__}: {error}", "is the certificate trusted here (SSL_CERT_FILE)?")
    if date is None:
        return doubtful("the server does not say what time it is", "compare the clocks by hand")
    return judge_clock(sent, received, parsedate_to_datetime(date).astimezone(UTC))


def judge_clock(sent: datetime, received: datetime, date: datetime) -> Verdict:
    """Compare a date, cut to seconds, with the time in which it was said."""
    ahead = (date - received).total_seconds()
    behind = (sent - date).total_seconds() - 1
    difference = max(ahead, behind, 0)
    if difference < _NOTABLE_SECONDS:
        return fine(f"agrees within {_NOTABLE_SECONDS:g} s")
    words = f"the server is {difference:.0f} s {'ahead of' if ahead > 0 else 'behind'} this machine"
    hint = "let both follow NTP; deadlines and the expiry of tokens and signatures depend on it"
    return broken(words, hint) if difference >= _FATAL_SECONDS else doubtful(words, hint)
