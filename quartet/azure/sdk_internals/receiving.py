"""A receiver that hands on a message when it arrives, and not up to 50 ms later.

The SDK's asynchronous receiver polls. Its callback task sleeps for 50 ms when its buffer is empty, and its receive task
sleeps for 50 ms after every pass, of which an idle link has about four a second. That is about 26 ms for every event
of a saga, and most of the CPU of an idle service. There is no option for it (azure-eventhub 5.15).

`receive_immediately` gives one client another transport. Four things differ from the SDK's own; ownership,
checkpoints, reconnecting, retries and the limit of the buffer stay the SDK's:

- a message that has arrived wakes the callback task;
- a pass of the receive task takes as many frames as it was asked for, however long they take to come, so that its nap
  is rare;
- credit is renewed when half of it is used, so that a stream does not wait for it;
- while a batch is being handled, those of other partitions wait for its end, and then begin together (`rounds`).

Where the SDK is not as it is known here, nothing is changed.
"""

import inspect
from typing import Final

from azure.eventhub import __version__ as sdk_version
from azure.eventhub.aio import EventHubConsumerClient

KNOWN_VERSIONS: Final = ("5.15.",)
"""The versions of azure-eventhub, by their beginning, whose receive loop was read and tested with this."""


def receive_immediately(client: EventHubConsumerClient) -> None:
    """Let this client receive without naps, unless the installed SDK differs from the one that is known here."""
    if what_differs() is None:
        from quartet.azure.sdk_internals.immediate_transport import ImmediateTransport

        client._amqp_transport = ImmediateTransport()


def what_differs(version: str = sdk_version) -> str | None:
    """What is unknown about the SDK that is installed, or has another `version`; None if it is as it is known here."""
    if not version.startswith(KNOWN_VERSIONS):
        return f"azure-eventhub {version} is none of {', '.join(f'{known}x' for known in KNOWN_VERSIONS)}"
    try:
        from quartet.azure.sdk_internals.immediate_transport import SHAPES
    except (ImportError, AttributeError) as error:
        return f"azure-eventhub {version} has no receive loop as in the known versions: {error}"
    for function, expected in SHAPES:
        found = tuple(inspect.signature(function).parameters)
        if found != expected:
            return f"{function.__qualname__} of azure-eventhub {version} takes {', '.join(found)}"
    return None
