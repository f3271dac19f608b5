"""What is recorded of an endpoint: what it was seen to be able to do."""

from typing import cast

from domain import endpoint, names
from domain.endpoint import Capabilities, EndpointLearned
from eventlog import EventLog


async def capabilities(log: EventLog, name: str) -> tuple[Capabilities, int]:
    """By name, and the version of the endpoint's stream. A hint: it may be old."""
    known, version = endpoint.INITIAL, 0
    for each in await log.load(names.endpoint_stream(name)):
        known = endpoint.evolve(known, cast("EndpointLearned", each.event))
        version = each.version
    return known, version
