"""Decides what of an endpoint's capabilities is new."""

from collections.abc import Mapping

from domain.endpoint.events import EndpointLearned

Capabilities = Mapping[str, bool]
"""By name; what is not known is not in it."""

INITIAL: Capabilities = {}

COPIES_AT_ONCE = "copies-at-once"
"""Objects of any size, by one request that takes as good as no time."""


def decide(
    endpoint: str, seen: Capabilities, known: Capabilities
) -> tuple[EndpointLearned, ...]:
    """The event that tells what is new; none where all of it is known already."""
    new = {name: can for name, can in sorted(seen.items()) if known.get(name) != can}
    return (EndpointLearned(endpoint=endpoint, capabilities=new),) if new else ()


def evolve(known: Capabilities, event: EndpointLearned) -> Capabilities:
    """What is known after the event."""
    return {**known, **event.capabilities}
