"""The Blob REST calls that the checkpoint store uses, and plain block blobs."""

from quartet_emulators.blob.authorisation import ACCOUNT_KEY, ACCOUNT_NAME
from quartet_emulators.blob.server import BlobEmulator

__all__ = ["ACCOUNT_KEY", "ACCOUNT_NAME", "BlobEmulator"]
