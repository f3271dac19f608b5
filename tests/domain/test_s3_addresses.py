"""What of S3 the mechanism understands, and how it says it."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.data_address import DataAddress
from domain.errors import InvalidAddressError
from domain.location import Direction
from domain.mechanisms import Parsed, Target
from domain.mechanisms.s3 import S3, S3Address

SOURCE, DESTINATION = Target.SOURCE, Target.DESTINATION
EDC = "https://w3id.org/edc/v0.0.1/ns/"
TRACTUSX = "https://w3id.org/tractusx/auth/"


def address(endpoint: str | None = None, **properties: str) -> DataAddress:
    return DataAddress.read(
        {
            "endpointType": "AmazonS3",
            "endpoint": endpoint,
            "endpointProperties": [
                {"name": name, "value": value} for name, value in properties.items()
            ],
        }
    )


def read(
    said: DataAddress | None, metadata: Mapping[str, Any] | None = None
) -> S3Address:
    return S3Address.of(parsed(said, metadata).location)


def parsed(
    said: DataAddress | None,
    metadata: Mapping[str, Any] | None = None,
    target: Target = DESTINATION,
) -> Parsed:
    found = S3().read(target, said, metadata or {})
    assert found is not None
    return found


def revealed(found: Parsed) -> dict[str, str]:
    return {name: secret.get_secret_value() for name, secret in found.secrets.items()}


@pytest.mark.parametrize(
    ("profile", "direction"),
    [
        ("https://w3id.org/waybill/profile/s3-push", Direction.PUSH),
        ("https://w3id.org/dspace-sig/profile/s3-pull", Direction.PULL),
        ("AmazonS3-PUSH", Direction.PUSH),
        ("amazons3-pull", Direction.PULL),
        ("com.test.s3-PUSH", Direction.PUSH),
        ("com.test.http-PULL", None),
        ("https://w3id.org/dspace-sig/profile/http-push", None),
        ("https://example.org/https3-push", None),
        ("https://example.org/s3/http-push", None),
        ("urn:example:s3-both", None),
        ("s3", None),
    ],
)
def test_a_profile_names_s3_and_a_direction(
    profile: str, direction: Direction | None
) -> None:
    assert S3().direction(profile) is direction


def test_every_listed_profile_is_understood() -> None:
    assert all(S3().direction(profile) for profile in S3().profiles)
    assert S3().profiles[0] == "https://w3id.org/waybill/profile/s3-push"


@pytest.mark.parametrize(
    ("endpoint", "expected"),
    [
        ("s3://lake", {"bucket": "lake", "prefix": ""}),
        ("s3://lake/", {"bucket": "lake", "prefix": ""}),
        ("s3://lake/in/", {"bucket": "lake", "prefix": "in/"}),
        ("s3://lake/a%20b", {"bucket": "lake", "key": "a%20b"}),
        ("s3://lake//a?b#c", {"bucket": "lake", "key": "/a?b#c"}),
        (
            "https://store.example:9000/lake/a%20b%2520c",
            {
                "bucket": "lake",
                "key": "a b%20c",
                "endpoint_url": "https://store.example:9000",
            },
        ),
        (
            "http://store.example/lake",
            {"bucket": "lake", "prefix": "", "endpoint_url": "http://store.example"},
        ),
    ],
)
def test_an_endpoint_names_bucket_and_key(
    endpoint: str, expected: dict[str, str]
) -> None:
    assert read(address(endpoint)) == S3Address.make(**expected)


def test_properties_are_read_without_case_and_without_namespace() -> None:
    said = read(
        address(
            **{
                f"{EDC}BUCKETNAME": "lake",
                f"{TRACTUSX}folderName": "in",
                f"{TRACTUSX}keyName": "a-vault-alias",
                "Region": "eu-central-1",
                "ForcePathStyle": "TRUE",
                "s3endpointurl": "https://Store.example/",
            }
        )
    )
    assert said == S3Address(
        bucket="lake",
        prefix="in/",
        region="eu-central-1",
        force_path_style=True,
        endpoint_url="https://store.example",
    )


def test_a_property_overrides_the_host_of_the_endpoint() -> None:
    said = read(
        address("http://public.example/lake/k", endpointOverride="http://near:9000")
    )
    assert (said.endpoint_url, said.key) == ("http://near:9000", "k")


def test_a_host_alone_leaves_the_bucket_to_the_properties() -> None:
    said = read(address("https://store.example", bucketName="lake", objectName="k"))
    assert (said.bucket, said.key) == ("lake", "k")
    assert said.endpoint_url == "https://store.example"


def test_an_object_prefix_needs_no_slash_at_its_end() -> None:
    said = read(address("s3://lake", folderName="logs", objectPrefix="2024-"))
    assert said.prefix == "logs/2024-"


def test_credentials_are_set_apart() -> None:
    found = parsed(
        address(
            "s3://lake",
            awsAccessKeyId="AKIA",
            secretAccessKey="hush",
            sessionToken="token",
        )
    )
    assert revealed(found) == {
        "access_key_id": "AKIA",
        "secret_access_key": "hush",
        "session_token": "token",
    }
    assert "hush" not in repr(found)
    assert "AKIA" not in found.location.model_dump_json()


def test_the_secret_of_edc_is_a_document() -> None:
    document = {
        "accessKeyId": "AKIA",
        "secretAccessKey": "hush",
        "sessionToken": "token",
        "expiration": 1767225600000,
    }
    found = parsed(address("s3://lake", **{f"{EDC}secret": json.dumps(document)}))
    assert revealed(found) == {
        "access_key_id": "AKIA",
        "secret_access_key": "hush",
        "session_token": "token",
        "expiration": "1767225600000",
    }


def test_metadata_names_both_sides() -> None:
    metadata = {
        "sourceBucket": "from",
        "sourceKey": "a/b",
        "destinationBucket": "to",
        "destinationKey": "in/",
        "destinationEndpointUrl": "http://store:9000",
        "destinationForcePathStyle": True,
        "destinationRegion": "eu-west-1",
        "destinationAccessKeyId": "AKIA",
        "destinationSecretAccessKey": "hush",
    }
    source = parsed(None, metadata, SOURCE)
    destination = parsed(None, metadata, DESTINATION)
    assert S3Address.of(source.location) == S3Address(bucket="from", key="a/b")
    assert S3Address.of(destination.location) == S3Address(
        bucket="to",
        prefix="in/",
        endpoint_url="http://store:9000",
        force_path_style=True,
        region="eu-west-1",
    )
    assert not source.secrets
    assert revealed(destination)["secret_access_key"] == "hush"


def test_a_nested_address_comes_before_the_target_keys() -> None:
    nested = {
        "endpointType": "AmazonS3",
        "endpoint": "s3://nested/k",
        "endpointProperties": [{"name": "region", "value": "eu-west-1"}],
    }
    said = read(
        None,
        {
            "destinationDataAddress": nested,
            "destinationBucket": "other",
            "destinationKey": "other-key",
            "destinationRegion": "us-east-1",
        },
    )
    assert said == S3Address(bucket="nested", key="k", region="eu-west-1")


def test_the_message_address_comes_first_and_is_completed() -> None:
    said = read(
        address("s3://lake"),
        {
            "destinationKey": "in/",
            "destinationDataAddress": {"endpoint": "s3://nested/k"},
            "destinationRegion": "eu-west-1",
            "destinationEndpointUrl": "http://store:9000",
        },
    )
    assert said == S3Address(
        bucket="lake",
        prefix="in/",
        region="eu-west-1",
        endpoint_url="http://store:9000",
    )


def test_the_key_of_another_bucket_completes_nothing() -> None:
    said = read(
        address("s3://lake"), {"destinationBucket": "other", "destinationKey": "k"}
    )
    assert said == S3Address(bucket="lake", prefix="")


def test_our_own_control_plane_overrides_endpoint_and_credentials() -> None:
    found = parsed(
        address(
            "http://public.example/lake/k",
            accessKeyId="theirs",
            secretAccessKey="theirs",
            sessionToken="theirs",
        ),
        {
            "destinationEndpointUrl": "http://near:9000",
            "destinationAccessKeyId": "ours",
            "destinationSecretAccessKey": "ours",
        },
    )
    assert S3Address.of(found.location).endpoint_url == "http://near:9000"
    assert revealed(found) == {"access_key_id": "ours", "secret_access_key": "ours"}


def test_plain_names_mean_the_side_that_nothing_else_names() -> None:
    metadata = {"bucketName": "dst", "region": "eu-central-1", "objectKey": "k"}
    assert read(None, metadata) == S3Address(
        bucket="dst", key="k", region="eu-central-1"
    )
    assert read(address("s3://lake"), metadata) == S3Address(bucket="lake", prefix="")
    assert read(None, {**metadata, "destinationBucket": "to"}).bucket == "to"


def test_nothing_said_is_no_address() -> None:
    assert S3().read(SOURCE, None, {"destinationBucket": "to"}) is None
    assert S3().read(SOURCE, None, {"sourceEndpointUrl": "http://s"}) is None


@pytest.mark.parametrize(
    ("said", "metadata", "complaint"),
    [
        (address("ftp://planted/k"), {}, "endpoint must be s3://"),
        (address("s3://"), {}, "names no bucket"),
        (address("https://store.example"), {}, "names no bucket"),
        (address("s3://plan ted"), {}, "^bucket must be"),
        (address("s3://a..planted"), {}, "^bucket must be"),
        (address("https://planted:planted@store/lake"), {}, "no user"),
        (address("https://store/lake?planted=1"), {}, "query"),
        (address("https://store/lake/%FF"), {}, "UTF-8"),
        (address("s3://lake", bucketName="planted"), {}, "two buckets"),
        (address("s3://lake/a", objectName="planted"), {}, "disagree"),
        (address("s3://lake", objectName="a", objectPrefix="b"), {}, "not both"),
        (address("s3://lake", endpointUrl="file:///planted"), {}, "endpoint_url must"),
        (address("s3://lake", endpointUrl="http://u:planted@h"), {}, "endpoint_url"),
        (address("s3://lake", endpointUrl="http://h/?planted"), {}, "endpoint_url"),
        (address("s3://lake", endpointUrl="http://h\n/planted"), {}, "endpoint_url"),
        (address("s3://lake", region="planted.example/#"), {}, "^region must be"),
        (address("s3://lake", forcePathStyle="planted"), {}, "true or false"),
        (address("s3://lake", accessKeyId="planted"), {}, "belong together"),
        (address("s3://lake", secretAccessKey="planted"), {}, "belong together"),
        (address("s3://lake", secret="{planted"), {}, "secret must be a JSON"),
        (address("s3://lake", secret='{"accessKeyId":"planted"}'), {}, "together"),
        (address("s3://lake/" + "planted" * 200), {}, "^key must be at most"),
        (address("s3://lake/planted\0"), {}, "^key must be"),
        (None, {"destinationBucket": 7}, "destinationBucket must be text"),
        (None, {"destinationDataAddress": "planted"}, "JSON object"),
        (None, {"destinationDataAddress": {"endpoint": 1}}, "not valid at: endpoint"),
    ],
)
def test_a_refusal_names_the_field_and_not_its_value(
    said: DataAddress | None, metadata: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(InvalidAddressError, match=complaint) as refused:
        S3().read(DESTINATION, said, metadata)
    assert "planted" not in refused.value.detail
    assert refused.value.__cause__ is None


def test_options_take_numbers_and_their_texts() -> None:
    options = S3().options(
        "s3-push",
        {
            "multipartThresholdMb": "64",
            "multipartPartSizeMb": 8.5,
            "multipartConcurrency": 4.0,
            "forceMultipart": "true",
        },
    )
    assert options.multipart_threshold_bytes == 64 * 1024 * 1024
    assert options.part_size_bytes == 8 * 1024 * 1024 + 512 * 1024
    assert options.concurrency == 4
    assert options.force_multipart
    assert S3().options("s3-push", {}).part_size_bytes is None


@pytest.mark.parametrize(
    "metadata",
    [
        {"multipartThresholdMb": 0},
        {"multipartPartSizeMb": "eight"},
        {"multipartPartSizeMb": "nan"},
        {"multipartPartSizeMb": True},
        {"multipartConcurrency": 1.5},
        {"multipartConcurrency": 257},
        {"forceMultipart": "perhaps"},
    ],
)
def test_an_impossible_option_is_refused_by_name(metadata: dict[str, Any]) -> None:
    with pytest.raises(InvalidAddressError, match=next(iter(metadata))):
        S3().options("s3-push", metadata)


def test_what_is_written_holds_no_secret_and_is_of_the_schema() -> None:
    wire = (
        S3().write(S3Address(bucket="lake", key="a b", region="eu").location()).wire()
    )
    assert wire["endpointType"] == "AmazonS3"
    assert wire["endpoint"] == "s3://lake/a b"
    assert {each["name"] for each in wire["endpointProperties"]} == {
        "bucketName",
        "objectName",
        "region",
    }


paths = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
addresses = st.builds(
    lambda path, is_prefix, **rest: S3Address(
        key=None if is_prefix or not path or path.endswith("/") else path,
        prefix=path if is_prefix or not path or path.endswith("/") else None,
        **rest,
    ),
    path=paths.map(lambda path: path[:200]),  # four bytes each at most
    is_prefix=st.booleans(),
    bucket=st.from_regex(r"[a-z0-9][a-z0-9-]{0,62}", fullmatch=True),
    endpoint_url=st.sampled_from(
        [None, "http://127.0.0.1:9000", "https://s3.example/x"]
    ),
    region=st.sampled_from([None, "eu-central-1"]),
    force_path_style=st.sampled_from([None, True, False]),
)


@given(addresses)
def test_what_is_written_reads_back(said: S3Address) -> None:
    wire = json.loads(json.dumps(S3().write(said.location()).wire()))
    assert read(DataAddress.read(wire)) == said
