"""What was learnt of an endpoint; which worker found it out stands beside the event."""

from typing import ClassVar

from domain.message import Event


class EndpointLearned(Event):
    """What it can, or cannot, by the names of its mechanism: only what is new."""

    TOPIC: ClassVar[str] = "endpoint.learned.v1"
    endpoint: str
    capabilities: dict[str, bool]
