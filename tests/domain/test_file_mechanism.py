"""Files as ends of flows: what the metadata may say, and what it may not."""

from typing import Any

import pytest

from domain.data_address import DataAddress
from domain.errors import InvalidAddressError
from domain.location import Direction, Location
from domain.mechanisms import MechanismRegistry, Target
from domain.mechanisms.file import FileAddress, FileMechanism
from domain.mechanisms.http import Http
from domain.mechanisms.s3 import S3
from domain.ownership import KeySpace
from tests.controls import FILE

SOURCE, DESTINATION = Target.SOURCE, Target.DESTINATION
OURS = MechanismRegistry([FileMechanism(), Http(), S3()])


def fields(target: Target, **metadata: Any) -> dict[str, str | bool | None] | None:
    parsed = FileMechanism().read(target, None, metadata)
    if parsed is None:
        return None
    assert FileAddress.of(parsed.location).location() == parsed.location
    assert not parsed.secrets
    return parsed.location.fields


def test_a_source_is_named_by_its_id() -> None:
    assert fields(SOURCE, sourceFile=FILE.upper()) == {"file": FILE, "key": FILE}
    assert fields(SOURCE, destinationFile="x") is None


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("report.csv", {"key": "report.csv"}),
        ("2026/", {"prefix": "2026/"}),
        (True, {"prefix": ""}),
        ("true", {"prefix": ""}),
        (False, None),
        ("no", None),
        ("", None),
    ],
)
def test_a_destination_is_a_name_or_takes_them_all(said: object, meant: object) -> None:
    assert fields(DESTINATION, destinationFile=said) == meant


@pytest.mark.parametrize(
    ("target", "metadata", "told"),
    [
        (SOURCE, {"sourceFile": "report.csv"}, "64 hexadecimal digits, such as"),
        (SOURCE, {"sourceFile": 7}, "sourceFile must be a file id"),
        (DESTINATION, {"destinationFile": "a\nb"}, "printable"),
        (DESTINATION, {"destinationFile": "a" * 513}, "at most 512"),
        (DESTINATION, {"destinationFile": ["a"]}, "such as report.csv"),
    ],
)
def test_what_is_wrong_is_told_with_an_example(
    target: Target, metadata: dict[str, Any], told: str
) -> None:
    with pytest.raises(InvalidAddressError, match=told):
        FileMechanism().read(target, None, metadata)


def test_only_our_own_side_may_be_a_file() -> None:
    mechanism = FileMechanism()
    metadata = {"sourceFile": FILE}
    assert mechanism.read(SOURCE, None, metadata, own=False) is None
    foreign = DataAddress.read({"endpointType": "file"})
    with pytest.raises(InvalidAddressError, match="of others"):
        mechanism.read(SOURCE, foreign, metadata)
    assert mechanism.profiles == ()
    for profile in ("file-push", "https://example.org/file-pull", "AmazonS3-PUSH"):
        assert mechanism.direction(profile) is None


@pytest.mark.parametrize("profile", ["AmazonS3-PUSH", "HttpData-PULL"])
def test_it_stands_beside_any_profile(profile: str) -> None:
    speaks, _ = OURS.for_profile(profile)
    found = OURS.read_own(speaks, SOURCE, {"sourceFile": FILE})
    assert found is not None
    assert found[0].name == "file"


def test_a_data_door_offers_a_file_and_takes_one_in_one_piece() -> None:
    http = Http(door_url="https://door.example")
    source = Location(mechanism="file", fields={"file": FILE, "key": FILE})
    offered = http.offer("flow", source, Direction.PULL)
    assert offered.endpoint == "https://door.example/flows/flow"
    name = Location(mechanism="file", fields={"prefix": ""})
    said = dict(http.offer("flow", name, Direction.PUSH).items())
    assert said["collection"] == "true"
    assert "uploads" not in said
    with pytest.raises(InvalidAddressError):
        FileMechanism().offer("flow", source, Direction.PULL)


def test_two_flows_may_write_files_of_one_name() -> None:
    place = Location(mechanism="file", fields={"key": "report.csv"})
    assert KeySpace.of(place) is None
