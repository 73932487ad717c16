"""Wait until every URL on the command line answers: for images that cannot check themselves.

Any answer counts but 5xx, which is how a server says "not yet"; Azurite answers a plain GET with 400 when it is ready.
Standard library alone: it is mounted into a container, not installed.
"""

import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence

LIMIT = 180.0  # seconds in all; the first start of Microsoft's emulators takes about a minute
PAUSE = 1.0  # seconds between two looks
SERVER_ERROR = 500


def problem(url: str) -> str | None:
    """Why `url` cannot be used yet; None if it answers."""
    try:
        with urllib.request.urlopen(url, timeout=3):  # noqa: S310 -- the URLs are those of docker-compose.yml
            return None
    except urllib.error.HTTPError as error:
        return f"status {error.code}" if error.code >= SERVER_ERROR else None
    except OSError as error:
        return str(error)


def wait(
    urls: Sequence[str],
    *,
    limit: float = LIMIT,
    now: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], object] = time.sleep,
    say: Callable[[str], object] = print,
) -> bool:
    """Wait for each URL in turn, and say so; False if one did not answer within `limit` seconds of the start."""
    deadline = now() + limit
    for url in urls:
        if reason := problem(url):
            say(f"waiting for {url}: {reason}")
        while reason:
            if now() > deadline:
                say(f"{url} does not answer: {reason}. Look at the log of its container.")
                return False
            sleep(PAUSE)
            reason = problem(url)
        say(f"{url} answers")
    return True


if __name__ == "__main__":
    sys.exit(0 if wait(sys.argv[1:]) else 1)
