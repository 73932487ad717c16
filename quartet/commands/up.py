"""`quartet up`: the whole system on this machine, until Ctrl-C."""

import asyncio
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from emulators.env_file import read_setting, to_join
from quartet.catalogue import read_catalogue
from quartet.connection import open_cosmos
from quartet.console import is_coloured, remarks, results
from quartet.console_sink import ConsoleSink
from quartet.data_directory import wipe
from quartet.failures import UserError
from quartet.interruption import first_of, stop_signals
from quartet.local_stack import LocalStack, StackOptions, any_ports, free_ports
from quartet.samples import CATALOGUE, sample
from quartet.seeding import has_stock, provision, seed


class LogFormat(StrEnum):
    """How the services log."""

    CONSOLE = "console"
    JSON = "json"


def up(
    *,
    data_dir: Annotated[Path, typer.Option(help="Where the emulators keep their data.")] = Path(".quartet"),
    fresh: Annotated[bool, typer.Option("--fresh", help="Remove the data of earlier runs first.")] = False,
    replicas: Annotated[int, typer.Option(min=1, max=16, help="Processes of each service.")] = 1,
    any_port: Annotated[bool, typer.Option("--any-ports", help="Take free ports instead of the default ones.")] = False,
    log_format: Annotated[LogFormat, typer.Option(help="How the services log.")] = LogFormat.CONSOLE,
    setting: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="A further setting, also for whoever joins. May be repeated."),
    ] = None,
) -> None:
    """Run the emulators and the four services, with all their logs, until Ctrl-C.

    Payments and parcels are simulated, whatever the shell has set; --setting PAYMENT_GATEWAY=package.module:factory
    puts your own gateway in their place.
    """
    shared = _settings(setting or [])
    if fresh:
        wipe(data_dir)
    ports = any_ports() if any_port else free_ports()
    if not any_port:
        for name in sorted(name for name, port in ports.items() if port == 0):
            remarks().print(f"the default port of {name} is taken: it gets another one")
    options = StackOptions(data_dir, ports, replicas, {"LOG_FORMAT": log_format}, shared)
    asyncio.run(_run(options))


def _settings(given: list[str]) -> dict[str, str]:
    try:
        return dict(map(read_setting, given))
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--setting") from error


async def _run(options: StackOptions) -> None:
    """Run until a signal comes, or a process dies.

    Raises:
        UserError: a process has died.
        ProcessExitedError: one could not start.
    """
    console = results()
    stack_of_all = LocalStack(options, ConsoleSink(console), is_coloured=is_coloured(console))
    async with stop_signals() as stopping, stack_of_all as stack:
        ended = await first_of(stopping.wait(), _work(stack))
        if isinstance(ended, str):
            raise UserError(f"{ended}: everything was stopped. Its last lines say why")


async def _work(stack: LocalStack) -> bool | str:
    """Start everything; returns what has died, when it does."""
    await stack.start_emulators()
    await asyncio.gather(stack.start_services(), _stock(stack))
    path = stack.settings_path
    for line in ("ready. To join from another shell:", f"  {to_join(path)}", "Ctrl-C stops everything"):
        stack.say(line)
    return str(await stack.wait_for_exit())


async def _stock(stack: LocalStack) -> None:
    """Give the shop something to sell if its shelves have never been filled."""
    async with open_cosmos(stack.settings) as cosmos:
        await provision(cosmos)
        if not await has_stock(cosmos):
            products = read_catalogue(sample(CATALOGUE))
            await seed(cosmos, products)
            stack.say(f"the stock was empty: seeded {len(products)} products of the sample catalogue")
