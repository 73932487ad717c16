"""`quartet trace`: the trace of a past saga, from the hubs to a receiver of OpenTelemetry or into a file."""

import asyncio
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from quartet.azure.settings import load_settings
from quartet.cli.application import choreography
from quartet.cli.failures import FAILED
from quartet.cli.options import SagaArgument
from quartet.cli.reading.hubs import hubs_of
from quartet.cli.timeline.timeline import find_messages, tell
from quartet.cli.trace.rebuilding import placed, rebuild
from quartet.engine.telemetry.span import Span
from quartet.process.telemetry.opening import require_sdk
from quartet.terminal.cells import cell
from quartet.terminal.console import remarks, results, write_json
from quartet.terminal.user_error import UserError


def _url(text: str | None) -> str | None:
    if text is not None and not (urlsplit(text).scheme in {"http", "https"} and urlsplit(text).hostname):
        raise typer.BadParameter(f"{text!r} is no URL: give http://HOST:PORT")
    return text


def trace(
    saga: SagaArgument,
    endpoint: Annotated[
        str | None,
        typer.Option(metavar="URL", callback=_url, help="Where to send it; OTEL_EXPORTER_OTLP_ENDPOINT by default."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write it as OTLP in JSON instead of sending it.")] = False,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write it as OTLP in JSON into a file instead of sending it.")
    ] = None,
) -> None:
    """Send the trace of a past saga to a receiver of OpenTelemetry, as far as the hubs know it.

    Its spans have the ids and parents that the services gave them, and are the same each time. Exit status 1 if an
    event of the saga cannot be read: it is not in the trace.
    """
    require_sdk()
    spans, left_out = asyncio.run(_rebuild(saga))
    if as_json or out is not None:
        _write(spans, out)
    else:
        _send(spans, endpoint, saga)
    if left_out:
        remarks().print(
            cell(f"quartet: {left_out} of its events have no effect or cannot be read: see quartet timeline {saga}")
        )
        raise typer.Exit(FAILED)


async def _rebuild(saga: str) -> tuple[dict[str, list[Span]], int]:
    """The spans of each participant, and how many events could not be read.

    Raises:
        UserError: the hubs hold nothing of the saga, or no participant has said anything.
        ConfigurationError: the settings cannot be used, or a hub does not exist.
        OutageError: a hub does not answer.
    """
    settings = load_settings()
    hubs = hubs_of(settings)
    found = await find_messages(saga, settings)
    if not found:
        raise UserError(f"the hub holds no event of a saga {saga}: check the id, or the hub's retention")
    story = tell(found, hubs)
    app = choreography()
    # In another style of the application a service has another name, and says what these say.
    participants = {*app.names, *(author for model in app.events.models for author in model.said_by)}
    spans = rebuild(placed(found, story, hubs, app.models), participants)
    if not spans:
        raise UserError(f"no participant has said anything about saga {saga}: there is no trace of it")
    return spans, sum(not said.is_read for said in story)


def _write(spans: Mapping[str, Sequence[Span]], out: Path | None) -> None:
    from quartet.process.telemetry.sending import otlp_json

    document = otlp_json(spans)
    if out is None:
        write_json(document)
        return
    try:
        out.write_text(json.dumps(document, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise UserError(f"{out} cannot be written: {error.strerror}") from error


def _send(spans: Mapping[str, Sequence[Span]], endpoint: str | None, saga: str) -> None:
    from quartet.process.telemetry.sending import receivers, send

    every = [span for of_one in spans.values() for span in of_one]
    traces = ", ".join(sorted({span.id.trace for span in every}))
    for receiver in receivers(endpoint, os.environ):
        send(spans, receiver)
        results().print(
            cell(f"saga {saga}: {len(every)} spans sent to {receiver.where}, trace {traces}"), soft_wrap=True
        )
