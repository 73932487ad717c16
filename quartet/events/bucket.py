"""Which bucket a saga belongs to: the partition key in the hub and in the database."""

from zlib import crc32


def bucket_of(saga_id: str, buckets: int) -> str:
    """The bucket of a saga, as a plain decimal string.

    It is the CRC-32 of the id modulo the number of buckets, so every process, on every machine and in every
    release, gets the same answer. The number of buckets is a constant of the deployment: another number
    sends a saga to other places.

    Args:
        saga_id: The saga's id.
        buckets: How many buckets the deployment has, at least 1.

    Raises:
        ValueError: If there is not at least one bucket.
    """
    if buckets < 1:
        raise ValueError(f"the number of buckets must be at least 1, not {buckets}")
    return str(crc32(saga_id.encode()) % buckets)
