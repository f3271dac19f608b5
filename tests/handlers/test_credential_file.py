"""Credentials that the operator keeps: who may use which, and where."""

import json
from pathlib import Path
from typing import Any

import pytest

from domain.errors import Side, StorageError
from domain.location import Location
from domain.mechanisms.aliases import alias_reference
from domain.mechanisms.s3 import S3Address
from handlers.credential_file import CredentialFile

KEYS = {"accessKeyId": "AK", "secretAccessKey": "planted"}
STORE = "https://store.example:9000"


def kept(home: Path, entries: object) -> CredentialFile:
    path = home / "credentials.json"
    path.write_text(entries if isinstance(entries, str) else json.dumps(entries))
    return CredentialFile(path)


def place(alias: str | None, *, endpoint: str | None = None) -> Location:
    address = S3Address(bucket="lake", prefix="in/", endpoint_url=endpoint)
    reference = alias and alias_reference(alias)
    return address.location().model_copy(update={"secret": reference})


def refusal(file: CredentialFile, location: Location) -> str:
    with pytest.raises(StorageError) as raised:
        file.get(location, Side.SOURCE)
    assert raised.value.code == "storage.denied"
    assert raised.value.side is Side.SOURCE
    assert "planted" not in f"{raised.value!r} {raised.value.__cause__!r}"
    return raised.value.detail


def test_an_alias_is_resolved(tmp_path: Path) -> None:
    entry = {**KEYS, "sessionToken": "T", "expiration": "2030-01-01T00:00:00Z"}
    found = kept(tmp_path, {"lake": entry}).get(place("lake"), Side.SOURCE)
    assert {name: value.get_secret_value() for name, value in found.items()} == {
        "access_key_id": "AK",
        "secret_access_key": "planted",
        "session_token": "T",
        "expiration": "2030-01-01T00:00:00Z",
    }
    assert "planted" not in repr(found)


@pytest.mark.parametrize("reference", [None, "0123/source/4567"])
def test_what_is_no_alias_is_not_asked_for(
    tmp_path: Path, reference: str | None
) -> None:
    location = place(None).model_copy(update={"secret": reference})
    assert kept(tmp_path, {"lake": KEYS}).get(location, Side.SOURCE) == {}


def test_new_keys_need_no_restart(tmp_path: Path) -> None:
    file = kept(tmp_path, {"lake": KEYS})
    file.get(place("lake"), Side.SOURCE)
    kept(tmp_path, {"lake": {**KEYS, "accessKeyId": "new"}})
    found = file.get(place("lake"), Side.SOURCE)
    assert found["access_key_id"].get_secret_value() == "new"


def test_an_unknown_alias_is_refused(tmp_path: Path) -> None:
    assert "named other" in refusal(kept(tmp_path, {"lake": KEYS}), place("other"))
    assert "named lake" in refusal(CredentialFile(None), place("lake"))


@pytest.mark.parametrize(
    ("limits", "endpoint", "refused"),
    [
        ({}, None, False),
        ({}, STORE, True),
        ({"endpoints": [STORE]}, STORE, False),
        ({"endpoints": ["https://STORE.example:9000/"]}, STORE, False),
        ({"endpoints": [STORE]}, None, True),
        ({"endpoints": [STORE, "aws"]}, None, False),
        ({"endpoints": [STORE]}, "https://store.example", True),
        ({"endpoints": []}, None, True),
        ({"buckets": ["lake"]}, None, False),
        ({"buckets": ["partner"]}, None, True),
        ({"buckets": ["lake"]}, STORE, True),
    ],
)
def test_keys_are_used_only_where_the_operator_said(
    tmp_path: Path, limits: dict[str, Any], endpoint: str | None, *, refused: bool
) -> None:
    file = kept(tmp_path, {"lake": {**KEYS, **limits}})
    location = place("lake", endpoint=endpoint)
    if refused:
        assert "not for this" in refusal(file, location)
    else:
        assert file.get(location, Side.SOURCE)


@pytest.mark.parametrize(
    ("entries", "complaint"),
    [
        ("{planted", "the document"),
        (["planted"], "the document"),
        ({"lake": {"accessKeyId": "planted"}}, "lake.secretAccessKey"),
        ({"lake": {**KEYS, "planed": 1}}, "lake.planed"),
        ({"lake": {**KEYS, "endpoints": ["planted"]}}, "lake.endpoints"),
    ],
)
def test_a_bad_file_is_refused_without_telling_what_it_holds(
    tmp_path: Path, entries: object, complaint: str
) -> None:
    file = kept(tmp_path, entries)
    assert complaint in refusal(file, place("lake"))
    with pytest.raises(StorageError, match="not valid"):
        file.check()


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    file = CredentialFile(tmp_path / "none.json")
    assert "FileNotFoundError" in refusal(file, place("lake"))
