"""
A consumer pulls, and a provider is pulled from: who tells whose address, and when.

    consumer's control plane            consumer's plane          provider's storage
    prepare (no address)           →    PREPARED
    started (source's address)     →    STARTED              ←    reads
                                        COMPLETED
"""

from domain.data_flow import State
from domain.signaling import Reply
from tests.scenarios import storage
from tests.scenarios.flows import PULL, PUSH, Copy, address, told
from tests.scenarios.plane import Plane
from tests.services import BucketPair

FLOW = "flow-1"


def said(reply: Reply) -> str:
    """The whole answer, to be searched."""
    assert reply.problem is None, reply
    return reply.model_dump_json()


async def test_a_prepared_pull_starts_where_the_provider_says(
    plane: Plane, bucket_pair: BucketPair
) -> None:
    pair = bucket_pair
    sent = await storage.seed(pair, {"in/a": 1000, "in/b": 2000})
    copy = Copy(pair, "in/", "out/")
    plane.start("commands", "dispatcher", "worker")
    prepare = copy.creating(FLOW, PULL, copy.destination_side())
    prepared = await plane.request("prepare", prepare)
    assert prepared.status is not None
    assert prepared.status.state == State.PREPARED
    assert prepared.status.data_address is None

    source = address(pair.source, pair.source_bucket, "in/")
    started = await plane.request("started", told(FLOW, "started", dataAddress=source))
    assert started.status is not None
    assert started.status.state == State.STARTED
    await plane.reaches(FLOW, State.COMPLETED)
    expected = {"out/a": sent["in/a"], "out/b": sent["in/b"]}
    assert await storage.arrived(pair) == expected
    await plane.cleaned_up()


async def test_a_prepared_push_tells_where_to_without_telling_how_to_get_in(
    plane: Plane, bucket_pair: BucketPair
) -> None:
    pair = bucket_pair
    copy = Copy(pair, "in/", "out/")
    plane.start("commands", "dispatcher")
    prepare = copy.creating(FLOW, PUSH, copy.destination_side())
    prepared = await plane.request("prepare", prepare)
    text = said(prepared)
    assert pair.destination_bucket in text
    assert pair.destination.secret_key not in text
    assert pair.destination.access_key not in text
    # The copying is the provider's: here nothing moves until it is said to be done.
    await plane.request("started", told(FLOW, "started"))
    await plane.request("completed", told(FLOW, "completed"))
    await plane.reaches(FLOW, State.COMPLETED)
    assert not any(t.startswith("transfer") for t in await plane.topics(FLOW))
    await plane.cleaned_up()


async def test_a_started_pull_tells_where_from(
    plane: Plane, bucket_pair: BucketPair
) -> None:
    pair = bucket_pair
    copy = Copy(pair, "in/", "out/")
    plane.start("commands", "dispatcher")
    start = copy.creating(FLOW, PULL, copy.source_side())
    text = said(await plane.request("start", start))
    assert pair.source_bucket in text
    assert pair.source.secret_key not in text
    assert pair.source.access_key not in text
    assert (await plane.flow(FLOW)).state is State.STARTED
    await plane.request("terminate", told(FLOW, "terminate"))
    await plane.cleaned_up()


async def test_a_side_that_nobody_names_is_refused(
    plane: Plane, bucket_pair: BucketPair
) -> None:
    copy = Copy(bucket_pair, "in/", "out/")
    plane.start("commands")
    for flow, verb, profile in (
        ("flow-1", "start", PULL),
        ("flow-2", "start", PUSH),
        ("flow-3", "prepare", PUSH),
    ):
        reply = await plane.request(verb, copy.creating(flow, profile, {}))
        assert reply.problem is not None
        assert reply.problem.code == "address.missing"
        assert await plane.events(flow) == []
