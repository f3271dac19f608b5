"""HTTP addresses: what is understood, what is refused, what is offered."""

from collections.abc import Mapping
from typing import Any

import pytest

from domain.data_address import DataAddress
from domain.errors import InvalidAddressError
from domain.location import Direction, Location
from domain.mechanisms import Parsed, Target
from domain.mechanisms.http import Http, HttpAddress
from domain.mechanisms.s3 import S3Address
from tests.domain.schema import errors

PULL = "https://w3id.org/dspace-sig/profile/http-pull"
PUSH = "https://w3id.org/dspace-sig/profile/http-push"
TOKEN = {"authType": "bearer", "authorization": "planted-token"}
RENEWAL = {
    "refreshToken": "planted-refresh",
    "expiresIn": "300",
    "refreshEndpoint": "https://provider.example/refresh",
}


def address(endpoint: str | None, kind: str = PULL, **properties: str) -> DataAddress:
    said = [{"name": name, "value": value} for name, value in properties.items()]
    body: dict[str, Any] = {"endpointType": kind, "endpointProperties": said}
    return DataAddress.read({**body, "endpoint": endpoint})


def read(
    endpoint: str,
    properties: Mapping[str, str],
    target: Target = Target.SOURCE,
    kind: str = PULL,
) -> Parsed:
    parsed = Http().read(target, address(endpoint, kind, **properties), {})
    assert parsed is not None
    return parsed


@pytest.mark.parametrize(
    ("profile", "direction"),
    [
        (PULL, Direction.PULL),
        (PUSH, Direction.PUSH),
        ("HttpData-PULL", Direction.PULL),
        ("HttpData-PUSH", Direction.PUSH),
        ("com.test.http-PULL", Direction.PULL),
        ("https://example.org/profiles/bulk-http-push", Direction.PUSH),
        ("http-pull", None),
        ("http-push", None),
        ("https://example.org/profiles/https-push", None),
        ("https://example.org/profiles/http-delete", None),
        ("AmazonS3-PUSH", None),
    ],
)
def test_the_last_word_of_a_profile_says_whether_it_is_http(
    profile: str, direction: Direction | None
) -> None:
    assert Http().direction(profile) is direction


def test_a_pull_names_one_object_and_its_token_is_set_apart() -> None:
    parsed = read("https://provider.example/data/a%20b", {**TOKEN, **RENEWAL})
    found = HttpAddress.of(parsed.location)
    assert found.endpoint == "https://provider.example/data/a%20b"
    assert (found.key, found.prefix, found.below) == ("a b", None, False)
    assert {n: s.get_secret_value() for n, s in parsed.secrets.items()} == {
        "authorization": "planted-token",
        "refresh_token": "planted-refresh",
        "expires_in": "300",
        "refresh_endpoint": "https://provider.example/refresh",
    }
    assert "planted" not in repr(parsed)


def test_a_query_may_be_a_signature_and_is_a_secret() -> None:
    parsed = read("https://store.example/o?X-Signature=planted", {})
    assert parsed.location.fields["endpoint"] == "https://store.example/o"
    assert parsed.secrets["query"].get_secret_value() == "X-Signature=planted"
    assert "planted" not in repr(parsed)


def test_a_token_is_renewed_at_the_endpoint_where_nothing_else_is_said() -> None:
    parsed = read(
        "https://p.example/d", {**TOKEN, "refreshToken": "r", "expiresIn": "9"}
    )
    where = parsed.secrets["refresh_endpoint"].get_secret_value()
    assert where == "https://p.example/d"


@pytest.mark.parametrize(
    ("endpoint", "properties", "names"),
    [
        ("http://provider.example/d", {}, "endpoint"),
        ("ftp://provider.example/d", {}, "endpoint"),
        ("https://", {}, "endpoint"),
        ("https://user:planted@provider.example/d", {}, "endpoint"),
        ("https://provider.example/d#planted", {}, "endpoint"),
        ("https://provider.example/a b", {}, "endpoint"),
        ("https://p.example/d", {"authorization": "planted"}, "authType"),
        (
            "https://p.example/d",
            {"authorization": "planted", "authType": "basic"},
            "authType",
        ),
        (
            "https://p.example/d",
            {"authorization": "planted\nx", "authType": "bearer"},
            "authorization",
        ),
        ("https://p.example/d", {"refreshToken": "planted"}, "expiresIn"),
        (
            "https://p.example/d",
            {"refreshToken": "r", "expiresIn": "planted"},
            "expiresIn",
        ),
        (
            "https://p.example/d",
            {**RENEWAL, "refreshEndpoint": "http://p.example/planted"},
            "refreshEndpoint",
        ),
    ],
)
def test_what_the_profile_forbids_is_refused_by_name_and_not_by_value(
    endpoint: str, properties: dict[str, str], names: str
) -> None:
    with pytest.raises(InvalidAddressError, match=names) as error:
        read(endpoint, properties)
    assert "planted" not in error.value.detail


@pytest.mark.parametrize("kind", [PUSH, "AmazonS3", "http-pull", ""])
def test_the_endpoint_type_must_be_that_of_the_direction(kind: str) -> None:
    with pytest.raises(InvalidAddressError, match="endpointType"):
        read("https://p.example/d", {}, kind=kind)


@pytest.mark.parametrize("missing", ["refreshToken", "expiresIn", "refreshEndpoint"])
def test_renewal_can_be_demanded_of_a_pull(missing: str) -> None:
    strict = Http(require_renewal=True)
    whole = address("https://p.example/d", **TOKEN, **RENEWAL)
    assert strict.read(Target.SOURCE, whole, {}) is not None
    part = {name: value for name, value in RENEWAL.items() if name != missing}
    with pytest.raises(InvalidAddressError):
        strict.read(Target.SOURCE, address("https://p.example/d", **TOKEN, **part), {})
    push = address("https://c.example/d", PUSH, **TOKEN)
    assert strict.read(Target.DESTINATION, push, {}) is not None


def test_http_without_tls_can_be_allowed_for_tests() -> None:
    found = Http(allow_http=True).read(Target.SOURCE, address("http://p.example/d"), {})
    assert found is not None


@pytest.mark.parametrize(
    ("endpoint", "kind", "properties", "wanted"),
    [
        ("https://c.example/in", PUSH, {}, ("in", None, False, "PUT")),
        ("https://c.example/in/", PUSH, {}, (None, "", True, "PUT")),
        (
            "https://c.example/in",
            PUSH,
            {"httpMethod": "post"},
            (None, "", False, "POST"),
        ),
        ("https://c.example/in", "HttpData", {}, (None, "", False, "POST")),
        ("https://c.example/f", PUSH, {"collection": "true"}, (None, "", True, "PUT")),
        (
            "https://c.example/f",
            PUSH,
            {"collection": "false"},
            ("f", None, False, "PUT"),
        ),
    ],
)
def test_a_push_goes_to_one_url_or_below_it(
    endpoint: str, kind: str, properties: dict[str, str], wanted: tuple[object, ...]
) -> None:
    parsed = read(endpoint, properties, Target.DESTINATION, kind)
    found = HttpAddress.of(parsed.location)
    assert (found.key, found.prefix, found.below, found.method) == wanted


def test_only_a_known_protocol_of_parts_is_used() -> None:
    for said, used in (("parts-v1", "parts-v1"), ("parts-v9", None)):
        parsed = read(
            "https://c.example/f", {"uploads": said}, Target.DESTINATION, PUSH
        )
        assert parsed.location.fields["uploads"] == used


def test_an_own_side_is_named_by_the_metadata() -> None:
    said = {"sourceUrl": "http://inside:8000/f.csv", "sourceAuthorization": "planted"}
    parsed = Http().read(Target.SOURCE, None, said)
    assert parsed is not None
    assert parsed.location.fields["endpoint"] == "http://inside:8000/f.csv"
    assert parsed.secrets["authorization"].get_secret_value() == "planted"
    assert Http().read(Target.DESTINATION, None, said) is None
    waiting = Http().credentials(Target.SOURCE, said)
    assert waiting["authorization"].get_secret_value() == "planted"


BUCKET = S3Address(bucket="lake", prefix="in/").location()
OBJECT = S3Address(bucket="lake", key="in/a").location()


@pytest.mark.parametrize(
    ("own", "direction", "said"),
    [
        (BUCKET, Direction.PULL, {"authType": "bearer", "collection": "true"}),
        (OBJECT, Direction.PULL, {"authType": "bearer"}),
        (
            BUCKET,
            Direction.PUSH,
            {"authType": "bearer", "uploads": "parts-v1", "collection": "true"},
        ),
        (
            OBJECT,
            Direction.PUSH,
            {"authType": "bearer", "uploads": "parts-v1", "collection": "false"},
        ),
    ],
)
def test_what_this_plane_has_is_offered_at_its_door_without_a_token(
    own: Location, direction: Direction, said: dict[str, str]
) -> None:
    plane = Http(door_url="https://plane.example/door/")
    offered = plane.offer("flow/1", own, direction)
    assert offered.endpoint == "https://plane.example/door/flows/flow%2F1"
    assert offered.endpoint_type == (PULL if direction is Direction.PULL else PUSH)
    assert dict(offered.items()) == said
    response = {"messageId": "m", "dataFlowId": "f", "state": "STARTED"}
    told = {**response, "dataAddress": offered.wire()}
    assert errors("DataFlowStatusMessage", told) == []
    # And the other side, a Waybill too, understands it.
    target = Target.SOURCE if direction is Direction.PULL else Target.DESTINATION
    there = Http().read(target, offered, {})
    assert there is not None
    many = own is BUCKET
    assert there.location.fields["prefix"] == ("" if many else None)
    assert there.location.fields["below"] is many


def test_a_url_that_takes_no_parts_is_offered_without_them() -> None:
    own = HttpAddress.make(endpoint="https://inside/f/", prefix="", below=True)
    offered = Http(door_url="https://p").offer("f", own.location(), Direction.PUSH)
    assert "uploads" not in dict(offered.items())


def test_without_a_door_nothing_is_offered() -> None:
    with pytest.raises(InvalidAddressError, match="data door"):
        Http().offer("flow-1", BUCKET, Direction.PULL)
