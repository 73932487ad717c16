"""A worker in a process of its own: each activity leaves a line in a file. Arguments: address, file."""

import os
import sys
import threading
from pathlib import Path

from durabletask.azuremanaged.worker import DurableTaskSchedulerWorker
from durabletask.task import ActivityContext, OrchestrationContext

from tests.emulators.durable_tasks.conftest import QUICK, start
from tests.emulators.durable_tasks.sagas import Steps

ADDRESS, EFFECTS = sys.argv[1], Path(sys.argv[2])


def leave_a_line(_ctx: ActivityContext, line: str) -> str:
    with EFFECTS.open("ab", buffering=0) as file:
        file.write(f"{line}\n".encode())
    return line


def four_lines(ctx: OrchestrationContext, number: int) -> Steps:
    left = []
    for step in range(4):
        line = yield ctx.call_activity(leave_a_line, input=f"{number}.{step}")
        left.append(line)
    return left


def main() -> None:
    worker = DurableTaskSchedulerWorker(
        host_address=ADDRESS, secure_channel=False, taskhub="default", token_credential=None, resiliency_options=QUICK
    )
    worker.add_orchestrator(four_lines)
    worker.add_activity(leave_a_line)
    start(worker)
    sys.stdout.write(f"{os.getpid()}\n")
    sys.stdout.flush()
    threading.Event().wait()


if __name__ == "__main__":
    main()
