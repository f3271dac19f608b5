"""Flows of all fates, so that every read model has something to hold."""

from domain.data_flow import State
from tests.scenarios import storage
from tests.scenarios.flows import PUSH, SMALL_PARTS, Copy, told
from tests.scenarios.front import Front
from tests.scenarios.plane import Plane
from tests.scenarios.storage import MIB
from tests.services import BucketPair

HANDLERS = ("commands", "dispatcher", "worker")
NOBODY = "http://127.0.0.1:9/nobody-listens"


async def story(plane: Plane, pair: BucketPair, front: Front) -> None:
    """Copied, failed as a whole and in part, suspended, terminated, prepared."""
    through = storage.destination_at(pair, front.url)
    await storage.seed(pair, {"in/big": 12 * MIB, "in/a": 1000, "in/b": 0})
    front.refuses = lambda seen: seen.is_object and seen.key == "part/a"
    plane.start(*HANDLERS, "projections")
    for flow, source, destination in (
        ("copied", "in/", "whole/"),
        ("partly", "in/", "part/"),
        ("failed", "none", "none"),
        ("ended", "in/", "ended/"),
    ):
        copy = Copy(through, source, destination, SMALL_PARTS, NOBODY)
        await plane.request("start", copy.start(flow))
    for verb in ("suspend", "resume", "terminate"):
        await plane.request(verb, told("ended", verb))
    prepared = Copy(pair, "in/", "out/")
    body = prepared.creating("prepared", PUSH, prepared.destination_side())
    await plane.request("prepare", body)
    await plane.reaches("copied", State.COMPLETED)
    for flow in ("partly", "failed"):
        await plane.records(flow, "data-flow.errored.v1")
    await plane.records("copied", "callback.attempt-failed.v1")
    await plane.stop(*HANDLERS)
