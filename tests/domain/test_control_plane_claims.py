"""What a token must say, at the time at which it was said."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.access.claims import Identity, check, shown
from domain.access.operators import bearer, require_operator
from domain.errors import AccessError
from tests.controls import authorization

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
AT = int(NOW.timestamp())


def claims(**changes: Any) -> dict[str, Any]:
    usual = {
        "iss": "https://auth.example",
        "sub": "control-1",
        "aud": "waybill",
        "iat": AT,
        "exp": AT + 60,
    }
    said = {**usual, **changes}
    return {name: value for name, value in said.items() if value is not None}


def expiry(said: dict[str, Any], **changes: Any) -> datetime:
    return check(said, authorization(**changes), audience="waybill", at=NOW)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"aud": ["other", "waybill"]},
        {"iat": None},
        {"iat": AT + 29},
        {"exp": AT - 29},
        {"exp": AT + 0.5},
        {"nbf": AT - 1},
    ],
)
def test_a_good_token_passes(changes: dict[str, Any]) -> None:
    expiry(claims(**changes))


def test_it_tells_when_it_expires() -> None:
    assert expiry(claims()) == NOW + timedelta(seconds=60)


def test_no_issuer_is_asked_for_where_none_is_registered() -> None:
    expiry(claims(iss="anybody"), issuer=None)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"iss": "https://other.example"}, "issuer"),
        ({"iss": None}, "issuer"),
        ({"aud": "other"}, "audience"),
        ({"aud": None}, "audience"),
        ({"aud": {"waybill": 1}}, "audience"),
        ({"exp": None}, "no expiry"),
        ({"exp": AT - 31}, "expired"),
        ({"exp": "soon"}, "exp is no time"),
        ({"exp": True}, "exp is no time"),
        ({"exp": float("inf")}, "exp is no time"),
        ({"exp": 10**400}, "exp is no time"),
        ({"exp": -1}, "exp is no time"),
        ({"iat": AT + 31}, "not valid yet"),
        ({"nbf": AT + 31}, "not valid yet"),
        ({"iat": "now"}, "iat is no time"),
    ],
)
def test_a_wrong_claim_is_named(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(AccessError, match=reason) as raised:
        expiry(claims(**changes))
    assert raised.value.code == "access.token-invalid"


@pytest.mark.parametrize("scope", [None, "", "signaling", 7, ["signaling"]])
def test_the_token_of_an_exchange_needs_the_scope(scope: object) -> None:
    with pytest.raises(AccessError) as raised:
        expiry(claims(scope=scope), type="oauth2_token_exchange")
    assert raised.value.code == "access.scope-missing"


@pytest.mark.parametrize("scope", ["a signaling:dataflow", ["signaling:dataflow"]])
def test_the_scope_may_be_among_others(scope: object) -> None:
    expiry(claims(scope=scope), type="oauth2_token_exchange")


def test_what_is_shown_of_a_token_is_short_and_printable() -> None:
    long = "a\n\x1b" + "b" * 500
    found = Identity.of({"sub": long, "iss": 7})
    assert found.claimed == "a" + "b" * 127
    assert found.issuer is None
    assert Identity.of({"client_id": "edc"}).claimed == "edc"
    assert shown("") is None


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic eDp5", "token"])
def test_a_header_without_a_bearer_token_is_missing_one(header: str) -> None:
    with pytest.raises(AccessError) as raised:
        bearer(header)
    assert raised.value.code == "access.token-missing"


def test_the_scheme_may_be_written_in_any_case() -> None:
    assert bearer("bEARER  abc ") == "abc"


@pytest.mark.parametrize(
    ("header", "key", "code"),
    [
        ("Bearer ä", "key", "access.token-invalid"),
        ("Bearer ke", "key", "access.token-invalid"),
        ("", "key", "access.token-missing"),
        ("Bearer key", None, "access.operator-key-unset"),
        ("Bearer ", "", "access.operator-key-unset"),
    ],
)
def test_nobody_but_the_operator(header: str, key: str | None, code: str) -> None:
    with pytest.raises(AccessError) as raised:
        require_operator(header, key)
    assert raised.value.code == code


def test_the_operator_is_let_in() -> None:
    require_operator("Bearer key", "key")
