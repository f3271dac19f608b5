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


def said(reply: Reply) -> str:
    """The whole answer, to be searched."""
    assert reply.problem is None, reply
    return reply.model_dump_json()


async def test_a_prepared_pull_starts_where_the_provider_says(
    standing: Plane, bucket_pair: BucketPair, flow: str
) -> None:
    pair = bucket_pair
    sent = await storage.seed(pair, {"in/a": 1000, "in/b": 2000})
    copy = Copy(pair, "in/", "out/")
    prepare = copy.creating(flow, PULL, copy.destination_side())
    prepared = await standing.request("prepare", prepare)
    assert prepared.status is not None
    assert prepared.status.state == State.PREPARED
    assert prepared.status.data_address is None

    source = address(pair.source, pair.source_bucket, "in/")
    started = await standing.request(
        "started", told(flow, "started", dataAddress=source)
    )
    assert started.status is not None
    assert started.status.state == State.STARTED
    await standing.reaches(flow, State.COMPLETED)
    expected = {"out/a": sent["in/a"], "out/b": sent["in/b"]}
    assert await storage.arrived(pair) == expected
    await standing.cleaned_up()


async def test_a_prepared_push_tells_where_to_without_telling_how_to_get_in(
    standing: Plane, bucket_pair: BucketPair, flow: str
) -> None:
    pair = bucket_pair
    copy = Copy(pair, "in/", "out/")
    prepare = copy.creating(flow, PUSH, copy.destination_side())
    prepared = await standing.request("prepare", prepare)
    text = said(prepared)
    assert pair.destination_bucket in text
    assert pair.destination.secret_key not in text
    assert pair.destination.access_key not in text
    # The copying is the provider's: here nothing moves until it is said to be done.
    await standing.request("started", told(flow, "started"))
    await standing.request("completed", told(flow, "completed"))
    await standing.reaches(flow, State.COMPLETED)
    assert not any(t.startswith("transfer") for t in await standing.topics(flow))
    await standing.cleaned_up()


async def test_a_started_pull_tells_where_from(
    standing: Plane, bucket_pair: BucketPair, flow: str
) -> None:
    pair = bucket_pair
    copy = Copy(pair, "in/", "out/")
    start = copy.creating(flow, PULL, copy.source_side())
    text = said(await standing.request("start", start))
    assert pair.source_bucket in text
    assert pair.source.secret_key not in text
    assert pair.source.access_key not in text
    assert (await standing.flow(flow)).state is State.STARTED
    await standing.request("terminate", told(flow, "terminate"))
    await standing.cleaned_up()


async def test_a_side_that_nobody_names_is_refused(
    standing: Plane, bucket_pair: BucketPair, flow: str
) -> None:
    copy = Copy(bucket_pair, "in/", "out/")
    for verb, profile in (("start", PULL), ("start", PUSH), ("prepare", PUSH)):
        reply = await standing.request(verb, copy.creating(flow, profile, {}))
        assert reply.problem is not None
        assert reply.problem.code == "address.missing"
        assert await standing.events(flow) == []
