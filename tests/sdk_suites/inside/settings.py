"""What the process that starts the suites says to those that run them: variables of the environment."""

import os
from typing import Final

TOKEN_KEY: Final = "SDK_SUITES_TOKEN_KEY"
"""What bearer tokens are signed with."""

CONTROL_URL: Final = "EMULATORS_CONTROL_URL"
CERTIFICATE: Final = "SDK_SUITES_CERTIFICATE"
"""A PEM file: the certificate of the servers, which is its own root."""

EVENT_HUBS_HOST: Final = "SDK_SUITES_EVENT_HUBS_HOST"
COSMOS_ENDPOINT: Final = "SDK_SUITES_COSMOS_ENDPOINT"
BLOB_URL: Final = "SDK_SUITES_BLOB_URL"
OUTCOMES: Final = "SDK_SUITES_OUTCOMES"
"""A file: a line of JSON for each phase of a test that says something about its outcome."""


def setting(name: str) -> str:
    """A variable that must be there.

    Raises:
        KeyError: it is not: this process was not started by `make sdk-suites`.
    """
    return os.environ[name]
