"""Blob Storage as a part."""

from collections import Counter

from quartet_emulators.blob import BlobEmulator
from quartet_emulators.parts.inputs import BLOB, Inputs, security_of
from quartet_emulators.parts.local import LocalPart
from quartet_emulators.parts.part import Serving


def part(inputs: Inputs) -> LocalPart[BlobEmulator]:
    """The part, not started yet.

    Raises:
        StartError: what it needs cannot be used.
    """
    options, security, faults = inputs.options, security_of(inputs.options), inputs.faults_of(BLOB)
    counter: Counter[tuple[str, str]] = Counter()
    server = BlobEmulator(
        options.data_dir / "blob",
        host=options.host,
        port=options.blob_port,
        counters=counter,
        faults=faults,
        security=security,
    )

    def serving() -> Serving:
        where = f"{security.http}://{options.host}:{server.port}/devstoreaccount1"
        if security.tokens is None:
            return Serving({"BLOB_CONNECTION_STRING": server.connection_string}, "Blob", where)
        return Serving({"BLOB_ACCOUNT_URL": server.account_url}, "Blob", where)

    return LocalPart(BLOB, server, serving, data_dir=options.data_dir, counters={BLOB: counter}, faults=faults)
