"""Where a saga belongs: its bucket, the partition key in the database, and its partition of the hub."""

from collections.abc import Sequence
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


def partition_of(saga_id: str, partitions: Sequence[str]) -> str:
    """The partition of the hub that a publisher puts a saga in if it knows them all.

    A client may choose any other, as long as the events of one saga stay together. By this choice the sagas of one
    bucket are in one partition, if the number of buckets is a multiple of the number of partitions. So what a service
    receives together is stored together.

    Args:
        saga_id: The saga's id.
        partitions: The ids of all partitions, in the hub's order.

    Raises:
        ValueError: If there is no partition.
    """
    return partitions[int(bucket_of(saga_id, len(partitions)))]
