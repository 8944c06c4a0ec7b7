"""The last versions of streams, kept in mind from one record to the next."""

STREAMS_KEPT = 1 << 16
"""Of each partition; with more, all are asked for anew."""


class Heads:
    """What this process knows of streams' heads without asking, as long as no other moves the index on.

    What is known of a partition is true while its digest, which is over all of its records, is that for which
    it was kept.
    """

    def __init__(self) -> None:
        self._kept: dict[int, tuple[bytes, dict[str, int]]] = {}

    def take(self, partition: int, digest: bytes) -> dict[str, int]:
        """The heads that were kept for this digest, which are the caller's now and not kept any more."""
        of, heads = self._kept.pop(partition, (b"", {}))
        return heads if of == digest and len(heads) <= STREAMS_KEPT else {}

    def keep(self, partition: int, digest: bytes, heads: dict[str, int]) -> None:
        """Keep the heads as they are with this digest, once they are stored."""
        self._kept[partition] = digest, heads
