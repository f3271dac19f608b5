"""A storage endpoint: what it was seen to be able to do, by whoever copies there.

Each endpoint has a stream of its own, to which workers add what is new to it.
"""

from domain.endpoint.decide import INITIAL, Capabilities, decide, evolve
from domain.endpoint.events import EndpointLearned

__all__ = ["INITIAL", "Capabilities", "EndpointLearned", "decide", "evolve"]
