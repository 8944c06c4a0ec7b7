"""Ending a producer of Kafka's client that is of no more use."""

from kafka import KafkaProducer


def abandon(producer: KafkaProducer) -> None:
    """End a producer at once, from any thread; what it still holds fails.

    Asked to close, kafka-python 3.0.12 first waits for what it holds, and raises where that does not come.
    And it has to be ended: an idempotent one that gave up on a record it had sent, or was refused one, never
    asks for another producer id, sends nothing more, and leaves what it holds unanswered for ever.
    """
    producer._unregister_cleanup()
    producer._sender.force_close()
    producer._closed = True
