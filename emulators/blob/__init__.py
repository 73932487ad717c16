"""The Blob REST calls that the checkpoint store uses, and plain block blobs."""
