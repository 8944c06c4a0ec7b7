"""Who leads which partition, by the word of all brokers but one, which may be cut off from the others.

A broker that the others have given up goes on answering whoever reaches it, and knows nothing of what was
acknowledged since. What is acknowledged lies on two brokers at least, which both knew its leader then: so
whichever broker is silent, the others know of every leader that acknowledged anything before they were asked.
"""

from collections.abc import Sequence
from threading import Condition
from time import monotonic
from typing import Any

from kafka import KafkaConsumer
from kafka.errors import KafkaTimeoutError
from kafka.future import Future
from kafka.protocol.metadata import MetadataRequest

Epochs = dict[int, int]
"""By partition, how often its leader has changed."""


class Leaders:
    """Asks all brokers at the same time, over the connections of a consumer."""

    def __init__(self, consumer: KafkaConsumer, topic: str) -> None:
        self._manager = consumer._client._manager
        self._topic = topic

    def ask(self) -> "Asked":
        """Begin to ask, and do not wait for it."""
        nodes = [broker.node_id for broker in self._manager.cluster.brokers()]
        if len(nodes) < 2:
            return Asked([])
        return Asked([self._manager.call_soon(self._of, node) for node in nodes])

    async def _of(self, node: int) -> Epochs:
        topics = [MetadataRequest.MetadataRequestTopic(name=self._topic)]
        request = MetadataRequest(topics=topics, allow_auto_topic_creation=False)
        answer: Any = await self._manager.send(request, node_id=node)
        return {
            partition.partition_index: partition.leader_epoch
            for topic in answer.topics
            for partition in topic.partitions
        }


class Asked:
    """Brokers that were asked. None stands for a cluster of one, which has nobody to be cut off from."""

    def __init__(self, futures: Sequence[Future]) -> None:
        self._changed = Condition()
        self._told: list[Epochs] = []
        self._needed = max(len(futures) - 1, 0)
        for future in futures:
            future.add_callback(self._add)

    def newest(self, timeout_s: float) -> Epochs:
        """The highest epochs that all but one told. Raises KafkaTimeoutError where two do not answer."""
        deadline = monotonic() + timeout_s
        with self._changed:
            while len(self._told) < self._needed:
                if not self._changed.wait(max(deadline - monotonic(), 0)):
                    raise KafkaTimeoutError("Two brokers do not answer.")
            newest: Epochs = {}
            for epochs in self._told:
                for partition, epoch in epochs.items():
                    newest[partition] = max(newest.get(partition, epoch), epoch)
            return newest

    def _add(self, epochs: Epochs) -> None:
        with self._changed:
            self._told.append(epochs)
            self._changed.notify_all()
