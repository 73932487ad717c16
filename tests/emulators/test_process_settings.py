"""Settings of an emulator's process: it seldom looks for garbage, and reads pieces that the C library has at hand.

The settings are a process's, so the test has one of its own.
"""

import subprocess
import sys
from pathlib import Path

from quartet.engine.failures.timeouts import stretched

PROGRAM = """
import asyncio, gc, pickle, socket, sys, weakref
from pathlib import Path
from quartet_emulators.options import parse_options
from quartet_emulators.parts.inputs import read_inputs
from quartet_emulators.processes.child import START, main

class Cycle:
    def __init__(self):
        self.me = self

ours, theirs = socket.socketpair()
message = pickle.dumps((0, START, read_inputs(parse_options(sys.argv[1:]))))
ours.sendall(len(message).to_bytes(8) + message)
ours.shutdown(socket.SHUT_WR)  # nothing more is to come: it stops when it has started
assert main("event_hubs", theirs.detach()) == 0
_, serving, error = pickle.loads(ours.recv(65536)[8:])
assert error is None and serving.title == "Event Hubs"
assert gc.isenabled() and gc.get_freeze_count() > 1000 and gc.get_threshold()[0] > 10_000
gone = weakref.ref(Cycle())
kept = [[] for _ in range(2 * gc.get_threshold()[0])]
assert gone() is None

class Pieces(asyncio.Protocol):
    def __init__(self):
        self.sizes = []
    def data_received(self, data):
        self.sizes.append(len(data))

async def pieces():
    here, there = socket.socketpair()
    there.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
    there.setblocking(False)
    sent = there.send(bytes(1 << 20))
    assert sent > 128 * 1024
    _, protocol = await asyncio.get_running_loop().connect_accepted_socket(Pieces, here)
    while sum(protocol.sizes) < sent:
        await asyncio.sleep(0)
    return protocol.sizes

assert max(asyncio.run(pieces())) < 128 * 1024
"""


def test_cycles_are_found_and_what_exists_is_left_alone_and_reads_are_below_what_is_mapped(tmp_path: Path) -> None:
    command = [sys.executable, "-c", PROGRAM, "--data-dir", str(tmp_path), "--event-hubs-port", "0"]
    # Its standard input stays open as long as it runs: a child dies when its parent is gone.
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        assert process.wait(stretched(30.0)) == 0
