"""A storage endpoint: what it was seen to be able to do, by whoever copies there.

Each endpoint has a stream of its own, to which workers add what is new to it.
"""

from domain.endpoint.decide import (
    COPIES_AT_ONCE,
    INITIAL,
    Capabilities,
    decide,
    evolve,
)
from domain.endpoint.events import EndpointLearned

__all__ = [
    "COPIES_AT_ONCE",
    "INITIAL",
    "Capabilities",
    "EndpointLearned",
    "decide",
    "evolve",
]
