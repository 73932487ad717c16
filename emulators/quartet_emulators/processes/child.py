"""One emulator as a child: `python -m quartet_emulators.processes.child NAME DESCRIPTOR`.

Its parent sends what to serve, and asks, over the socket of that number. It stops when nothing more is to come, and
dies when its standard input closes: its parent is gone, however it has ended.
"""

import asyncio
import logging
import os
import signal
import socket
import sys
import threading
from contextlib import suppress
from typing import Any

from quartet_emulators.garbage import look_for_garbage_seldom
from quartet_emulators.log_lines import configure_log
from quartet_emulators.parts.loading import load, local_part
from quartet_emulators.parts.local import LocalPart
from quartet_emulators.parts.part import RefusedError, Serving
from quartet_emulators.processes.channel import Channel
from quartet_emulators.socket_reads import read_moderate_pieces
from quartet_emulators.start_error import StartError

ORPHANED = 1  # exit status
STOPPING_SIGNALS = (signal.SIGINT, signal.SIGTERM)
START = "start"
"""The first message: with it come the inputs. Every later one is a question."""

log = logging.getLogger(__name__)


def main(name: str, descriptor: int) -> int:
    """Serve an emulator until the parent says that it is over. Returns the exit status."""
    # Ctrl-C in a terminal reaches all processes: the parent alone decides, and stops its children.
    for number in STOPPING_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPPING_SIGNALS)
    threading.Thread(target=_die_with_parent, daemon=True).start()
    configure_log()
    read_moderate_pieces()
    with suppress(StartError):  # said when it starts
        load(name)
    asyncio.run(_serve(name, socket.socket(fileno=descriptor)))
    return 0


def _die_with_parent() -> None:
    """Runs in a thread, as a request may hold up the event loop. What was acknowledged is written already."""
    while os.read(sys.stdin.fileno(), 1):
        pass
    os._exit(ORPHANED)


async def _serve(name: str, end: socket.socket) -> None:
    channel = await Channel.over(end)
    part: LocalPart[Any] | None = None
    try:
        while True:
            number, question, body = await channel.receive()
            value, error = None, None
            try:
                if question == START:
                    part = local_part(name, body)
                    value = await _start(part)
                elif part is not None:
                    value = await part.ask(question, body)
            except (RefusedError, StartError) as refused:
                error = refused
            except Exception:  # whatever it is, who has asked gets an answer
                log.exception("%s: %s failed", name, question)
                error = RefusedError(f"{name}: {question} failed; the log of the emulators has the error", 500)
            await channel.send((number, value, error))
    except (EOFError, ConnectionError):
        await _stop(part)
    finally:
        channel.close()


async def _stop(part: LocalPart[Any] | None) -> None:
    try:
        if part is not None:
            await part.stop()
    except Exception:  # the end is the same
        log.exception("the emulator did not stop cleanly")


async def _start(part: LocalPart[Any]) -> Serving:
    serving = await part.start()
    look_for_garbage_seldom()
    return serving


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2])))
