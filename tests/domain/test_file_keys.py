"""Whose an API key is, and what it may."""

import pytest

from domain.access.api_keys import ANONYMOUS, ApiKeys, Permission, presented
from domain.errors import AccessError

UPLOAD, READ, DELETE = Permission.UPLOAD, Permission.READ, Permission.DELETE
KEYS = ApiKeys.read(["up:alice", "plain"], ["reader:bob"], [])


def test_a_key_is_its_users() -> None:
    assert KEYS.user_of("up", UPLOAD) == "alice"
    assert KEYS.user_of("plain", UPLOAD) == "default"
    assert KEYS.user("reader") == "bob"


def test_whoever_may_upload_may_do_what_nobody_was_named_for() -> None:
    assert KEYS.user_of("up", DELETE) == "alice"
    inherited = ApiKeys.read(["up:alice"])
    assert {inherited.user_of("up", each) for each in Permission} == {"alice"}


@pytest.mark.parametrize(
    ("key", "permission", "code"),
    [
        (None, READ, "access.key-missing"),
        ("", UPLOAD, "access.key-missing"),
        ("other", UPLOAD, "access.key-invalid"),
        # A byte that is no text, as a server reads it from a header.
        ("\udcff", UPLOAD, "access.key-invalid"),
        ("reader", UPLOAD, "access.key-invalid"),
        ("up", READ, "access.key-invalid"),
    ],
)
def test_who_may_not_is_refused(
    key: str | None, permission: Permission, code: str
) -> None:
    with pytest.raises(AccessError) as refused:
        KEYS.user_of(key, permission)
    assert refused.value.code == code


def test_without_any_key_only_a_plane_in_development_is_open() -> None:
    assert ApiKeys.read([], open=True).user_of(None, DELETE) == ANONYMOUS
    with pytest.raises(AccessError):
        ApiKeys.read([]).user_of("up", READ)
    with pytest.raises(AccessError):
        ApiKeys.read(["up"], open=True).user_of(None, READ)


@pytest.mark.parametrize("lists", [(["secret:a"], ["secret:b"]), ([":a"],), (["k:"],)])
def test_lists_that_make_no_sense_are_refused_without_a_key_in_the_message(
    lists: tuple[list[str], ...],
) -> None:
    with pytest.raises(ValueError, match="API key") as refused:
        ApiKeys.read(*lists)
    assert "secret" not in str(refused.value)


def test_no_key_is_in_what_is_shown_of_them() -> None:
    assert "reader" not in repr(KEYS)


def test_a_key_comes_in_a_header_of_its_own_or_as_a_bearer_token() -> None:
    assert presented({"X-API-Key": " up ", "Authorization": "Bearer other"}) == "up"
    assert presented({"Authorization": "bearer up"}) == "up"
    assert presented({"Authorization": "Basic dXA="}) is None
    assert presented({}) is None
