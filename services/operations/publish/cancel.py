"""`quartet cancel`: a customer's request, possible until the parcel is on its way."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated

import typer

from quartet.adapters import load_settings
from quartet.cli.options import SagaArgument
from quartet.cli.publish.sending import publish
from quartet.terminal.console import results
from services.operations.publish.orders import cancellation_event


def cancel(
    order: SagaArgument,
    reason: Annotated[str, typer.Option(help="Why, in the customer's words.")] = "",
) -> None:
    """Ask for the cancellation of an order. Shipping decides; asking again is harmless."""
    request = cancellation_event(order, reason, datetime.now(UTC))
    asyncio.run(publish([request], load_settings()))
    results().print(f"cancellation of {order} requested; to see the outcome: quartet status {order}", soft_wrap=True)
