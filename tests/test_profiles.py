"""The S3 transfer profile says what the mechanism does: its schemas, its examples."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from jsonschema import Draft7Validator
from referencing import Registry
from referencing.jsonschema import DRAFT7

from domain.data_address import DataAddress
from domain.mechanisms import Target
from domain.mechanisms.aliases import alias_in
from domain.mechanisms.s3 import S3, S3Address
from domain.mechanisms.s3.mechanism import PROFILE_URL
from domain.signaling import CreatingMessage
from tests.domain import schema
from tests.domain.test_s3_addresses import addresses

PROFILE = Path(__file__).parents[1] / "docs" / "profiles" / "s3"
EXAMPLES = PROFILE / "examples"
SOURCE, DESTINATION = Target.SOURCE, Target.DESTINATION
SHORT_LIVED = {"access_key_id", "secret_access_key", "session_token", "expiration"}
IRELAND, FRANKFURT = "eu-west-1", "eu-central-1"
CONSUMER = "https://s3.consumer.example"

INBOX = S3Address(bucket="inbox", prefix="weather/", region=FRANKFURT)
LAKE = S3Address(bucket="lake", prefix="weather/2026/", region=IRELAND)
ONE_OBJECT = S3Address(
    bucket="inbox",
    key="weather/2026-01.parquet",
    region=FRANKFURT,
    endpoint_url=f"{CONSUMER}:9000",
    force_path_style=True,
)

# The example, its schema, and what each side of it is read as.
MESSAGES: dict[str, tuple[str, dict[Target, S3Address]]] = {
    "push-1-prepare": ("prepare-message", {DESTINATION: INBOX}),
    "push-2-prepared": ("status-message", {DESTINATION: INBOX}),
    "push-3-start": ("start-message", {SOURCE: LAKE, DESTINATION: INBOX}),
    "push-3-start-with-short-lived-credentials": (
        "start-message",
        {
            SOURCE: S3Address(
                bucket="lake",
                key="weather/2026-01.parquet",
                endpoint_url="https://s3.provider.example",
                force_path_style=True,
            ),
            DESTINATION: ONE_OBJECT,
        },
    ),
    "push-4-resume-with-renewed-credentials": (
        "notification-message",
        {DESTINATION: ONE_OBJECT},
    ),
    "pull-1-prepare": ("prepare-message", {DESTINATION: INBOX}),
    "pull-2-start": ("start-message", {SOURCE: LAKE}),
    "pull-3-started": ("status-message", {SOURCE: LAKE}),
    "pull-4-started-notification": ("notification-message", {SOURCE: LAKE}),
    "pull-5-resume-at-another-endpoint": (
        "notification-message",
        {
            SOURCE: S3Address(
                bucket="lake",
                prefix="weather/2026/",
                region=IRELAND,
                endpoint_url="https://mirror.provider.example",
            )
        },
    ),
}
ADDRESSES = {
    "address-whole-bucket": S3Address(bucket="lake", prefix=""),
    "address-key-is-opaque": S3Address(bucket="lake", key="50%25 off?.csv"),
}
LEGACY = {
    "edc": (
        S3Address(
            bucket="inbox",
            prefix="weather/2026-",
            region=FRANKFURT,
            endpoint_url=CONSUMER,
        ),
        {"access_key_id", "secret_access_key"},
    ),
    "catena-x": (
        S3Address(bucket="inbox", prefix="weather/", region=FRANKFURT),
        SHORT_LIVED,
    ),
    "urn-aws-s3": (
        S3Address(
            bucket="inbox",
            key="weather/a.csv",
            region=FRANKFURT,
            endpoint_url=CONSUMER,
            force_path_style=True,
        ),
        {"access_key_id", "secret_access_key"},
    ),
}
# Which of the keys and aliases of the metadata each example uses.
ALIASES = {
    "push-3-start": {SOURCE: "lake-reader", DESTINATION: "partner-writer"},
    "pull-1-prepare": {SOURCE: "weather-reader", DESTINATION: "inbox-writer"},
}
WITH_KEYS = {
    "push-3-start-with-short-lived-credentials",
    "push-4-resume-with-renewed-credentials",
    "pull-5-resume-at-another-endpoint",
}


def example(name: str) -> dict[str, Any]:
    body: dict[str, Any] = json.loads((EXAMPLES / f"{name}.json").read_bytes())
    return body


def errors(name: str, body: Any) -> list[str]:
    reference = f"{PROFILE_URL}/{name}.schema.json"
    validator = Draft7Validator({"$ref": reference}, registry=_registry())
    return [
        f"{error.json_path}: {error.message}" for error in validator.iter_errors(body)
    ]


@cache
def _registry() -> Registry[Any]:
    files = [json.loads(path.read_bytes()) for path in PROFILE.glob("*.schema.json")]
    return schema.registry().with_resources(
        (each["$id"], DRAFT7.create_resource(each)) for each in files
    )


def address_of(body: dict[str, Any]) -> DataAddress | None:
    found = body.get("dataAddress")
    return DataAddress.read(found) if found else None


def test_each_schema_is_one_and_is_named_as_its_file() -> None:
    for path in PROFILE.glob("*.schema.json"):
        body = json.loads(path.read_bytes())
        Draft7Validator.check_schema(body)
        assert body["$id"] == f"{PROFILE_URL}/{path.name}"


def test_every_example_is_of_a_test() -> None:
    there = {
        path.relative_to(EXAMPLES).with_suffix("").as_posix()
        for path in EXAMPLES.rglob("*.json")
    }
    legacy = {f"legacy/{name}" for name in LEGACY}
    assert there == {*MESSAGES, *ADDRESSES, *legacy}


@pytest.mark.parametrize("name", MESSAGES)
def test_an_example_is_of_its_schema(name: str) -> None:
    assert errors(MESSAGES[name][0], example(name)) == []
    dialect = MESSAGES[name][0].removesuffix("-message")
    if dialect in ("prepare", "start"):
        assert S3().direction(CreatingMessage.read(example(name)).profile)


@pytest.mark.parametrize(
    ("name", "target"),
    [(name, target) for name, (_, sides) in MESSAGES.items() for target in sides],
)
def test_an_example_is_read_as_the_profile_says(name: str, target: Target) -> None:
    body = example(name)
    addressed = Target.SOURCE if name.startswith("pull") else Target.DESTINATION
    address = address_of(body) if target is addressed else None
    own = "start" not in name or target is Target.SOURCE
    found = S3().read(target, address, body.get("metadata", {}), own=own)
    assert found is not None
    assert S3Address.of(found.location) == MESSAGES[name][1][target]
    keys = name in WITH_KEYS and target is addressed
    assert set(found.secrets) == (SHORT_LIVED if keys else set())


@pytest.mark.parametrize("name", MESSAGES)
def test_an_example_names_the_credentials_it_says(name: str) -> None:
    metadata = example(name).get("metadata", {})
    found = {target: alias_in(target, metadata) for target in Target}
    assert {t: a for t, a in found.items() if a} == ALIASES.get(name, {})


@pytest.mark.parametrize("name", ADDRESSES)
def test_an_address_is_of_its_schema_and_is_read(name: str) -> None:
    assert errors("data-address", example(name)) == []
    found = S3().read(SOURCE, DataAddress.read(example(name)), {})
    assert found is not None
    assert S3Address.of(found.location) == ADDRESSES[name]


@pytest.mark.parametrize("name", LEGACY)
def test_an_address_of_another_project_is_read(name: str) -> None:
    address, secrets = LEGACY[name]
    found = S3().read(DESTINATION, DataAddress.read(example(f"legacy/{name}")), {})
    assert found is not None
    assert S3Address.of(found.location) == address
    assert set(found.secrets) == secrets


@given(addresses)
def test_what_the_mechanism_writes_is_of_the_schema(said: S3Address) -> None:
    assert errors("data-address", S3().write(said.location()).wire()) == []


def test_what_the_plane_answers_is_what_the_examples_show() -> None:
    for name, address in (("push-2-prepared", INBOX), ("pull-3-started", LAKE)):
        written = S3().write(address.location()).wire()
        shown = example(name)["dataAddress"]
        assert sorted(map(str, written.pop("endpointProperties"))) == sorted(
            map(str, shown.pop("endpointProperties"))
        )
        assert written == shown


def address(endpoint: str | None = "s3://lake", **properties: str) -> dict[str, Any]:
    body: dict[str, Any] = {"@type": "DataAddress", "endpointType": "AmazonS3"}
    if endpoint:
        body["endpoint"] = endpoint
    if properties:
        body["endpointProperties"] = [
            {"@type": "EndpointProperty", "name": name, "value": value}
            for name, value in properties.items()
        ]
    return body


@pytest.mark.parametrize(
    "body",
    [
        {**address(), "endpointType": "HttpData"},
        address("ftp://lake"),
        address("https://store.example"),
        address(None, region="eu"),
        address(bucketName="-lake"),
        address(objectName="a/"),
        address(objectName="a", objectPrefix="b"),
        address(region="eu.example/#"),
        address(endpointUrl="file:///etc"),
        address(endpointUrl="https://user@store.example"),
        address(endpointUrl="https://store.example/?a"),
        address(forcePathStyle="perhaps"),
        address(accessKeyId="A"),
        address(secretAccessKey="S"),
        address(sessionToken="T"),
    ],
)
def test_the_schema_refuses_what_the_profile_forbids(body: dict[str, Any]) -> None:
    assert errors("data-address", body)


@pytest.mark.parametrize(
    "metadata",
    [
        {"sourceBucket": 7},
        {"sourceAccessKeyId": "A"},
        {"sourceSecretAccessKey": "S", "sourceAccessKeyId": None},
        {"destinationSessionToken": "T"},
        {"destinationCredentials": "a/b"},
        {
            "sourceCredentials": "lake",
            "sourceAccessKeyId": "A",
            "sourceSecretAccessKey": "S",
        },
        {"forceMultipart": "perhaps"},
        {"sync": "deep"},
        {"include": [""]},
        {"manifest": "a.csv", "failedOf": "flow-0"},
        {"maxDeletes": 5},
        {"priority": 6},
        {"priority": 2.5},
        {"window": ["at night"]},
        {"deadlineAction": "panic"},
    ],
)
def test_the_schema_refuses_such_metadata(metadata: dict[str, Any]) -> None:
    assert errors("metadata", metadata)


@pytest.mark.parametrize(
    "metadata",
    [
        {"include": "*.csv", "exclude": ["a/"], "sync": "Checksum", "plan": "run"},
        {"manifest": "s3://lists/a", "manifestFormat": "inventory"},
        {"failedOf": "flow-0", "manifest": ""},
        {"deleteExtra": "true", "deleteExcluded": False, "maxDeletes": "5"},
        {"tenant": "lab", "priority": "5", "window": "22:00-06:00 Europe/Berlin"},
        {"window": ["22:00-24:00 UTC", "12:00:30-13:00 UTC"], "priority": 1},
        {"notBefore": "2026-11-21T20:00:00Z", "deadline": "2026-11-22T08:00:00+01:00"},
        {"deadline": "2026-11-22T08:00:00Z", "deadlineAction": "Fail"},
    ],
)
def test_what_the_schema_allows_is_read(metadata: dict[str, Any]) -> None:
    assert errors("metadata", metadata) == []
    S3().options("AmazonS3-PUSH", metadata)


def test_an_unknown_name_and_a_null_are_allowed() -> None:
    assert errors("metadata", {"sourceBucket": None, "other": [1]}) == []
    assert errors("data-address", address(other="x")) == []


def test_the_document_names_every_schema_and_example() -> None:
    text = (PROFILE.parent / "s3.md").read_text("utf-8")
    for path in PROFILE.rglob("*.json"):
        assert f"(s3/{path.relative_to(PROFILE).as_posix()})" in text, path.name
    for profile in S3().profiles:
        assert profile in text
