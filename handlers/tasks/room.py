"""How much of a task the broker takes in one message."""

from nats.aio.client import Client

# It counts the headers too; and an answer has some words around its task.
_SPARE_BYTES = 2048


def room(client: Client) -> int:
    """The bytes that are there for what is told, as JSON."""
    return client.max_payload - _SPARE_BYTES
