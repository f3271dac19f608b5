"""Keys that are one and the same, and flows that may hear of each other."""

from typing import Any

import pytest

from domain.data_flow import INITIAL, DataFlow
from domain.location import CopyOptions, Location
from domain.ownership import KeySpace, may_know
from tests import controls


def s3(url: str | None, bucket: str = "b", **more: Any) -> Location:
    fields = {"endpoint_url": url, "bucket": bucket, "prefix": "out/", **more}
    return Location(mechanism="s3", fields=fields)


def http(endpoint: str, *, below: bool = True) -> Location:
    return Location(mechanism="http", fields={"endpoint": endpoint, "below": below})


def digest(place: Location, key: str = "out/a") -> str:
    space = KeySpace.of(place)
    assert space is not None
    return space.digest(key)


@pytest.mark.parametrize(
    "other",
    [
        s3("http://S3.Example"),
        s3("http://s3.example:80/"),
        s3("https://s3.example:443"),
        s3("http://s3.example.", region="eu-1", force_path_style=True),
        s3("http://s3.example", prefix=None, key="out/a"),
    ],
)
def test_one_key_has_one_name_however_it_is_reached(other: Location) -> None:
    assert digest(other) == digest(s3("http://s3.example"))


@pytest.mark.parametrize(
    "other",
    [
        s3("http://s3.example:9000"),
        s3("http://other.example"),
        s3("http://s3.example/below"),
        s3("http://s3.example", bucket="B"),
        s3(None),
        http("http://s3.example/b"),
        Location(mechanism="rehearsal", fields={"stage": "b", "prefix": "out/"}),
    ],
)
def test_other_places_have_other_keys(other: Location) -> None:
    assert digest(other) != digest(s3("http://s3.example"))


def test_buckets_of_aws_are_the_same_in_every_region() -> None:
    aws = digest(s3(None, region="eu-west-1"))
    assert digest(s3("https://s3.us-east-1.amazonaws.com")) == aws
    assert digest(s3("https://s3.amazonaws.com")) == aws
    assert digest(s3(None, region="cn-north-1")) != aws
    assert digest(s3("https://amazonaws.com.evil.example")) != aws


def test_keys_are_compared_by_their_bytes() -> None:
    place = s3("http://s3.example")
    keys = ["out/é", "out/e\u0301", "out/É", "out/a", "out//a", "out/a ", "\udcff"]
    assert len({digest(place, key) for key in keys}) == len(keys)


def test_a_url_names_keys_below_it_and_else_nothing_that_could_be_compared() -> None:
    one = digest(http("https://h.example/a/"), "b/c")
    assert one == digest(http("https://H.example:443/a/b"), "c")
    assert one != digest(http("https://h.example/a"), "c")
    assert KeySpace.of(http("https://h.example/upload", below=False)) is None
    assert KeySpace.of(None) is None


def flow(tenant: str | None = None, **terms: Any) -> DataFlow:
    options = CopyOptions(tenant=tenant)
    return DataFlow(terms=controls.terms(**terms), options=options)


def test_a_flow_is_named_to_its_own_participants_only() -> None:
    assert may_know(flow(), flow())
    for other in (
        flow(tenant="other"),
        flow(participant_id="did:web:other"),
        flow(control_plane_id="other"),
        flow(dataspace_context="other"),
        INITIAL,
    ):
        assert not may_know(flow(), other)
    assert not may_know(INITIAL, INITIAL)
