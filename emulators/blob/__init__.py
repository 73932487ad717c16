"""The Blob REST calls that the checkpoint store uses, and plain block blobs."""

from emulators.blob.authorisation import ACCOUNT_KEY, ACCOUNT_NAME
from emulators.blob.server import BlobEmulator

__all__ = ["ACCOUNT_KEY", "ACCOUNT_NAME", "BlobEmulator"]
