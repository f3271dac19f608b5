"""Our signatures are botocore's, to the letter, whatever is signed."""

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore import auth  # pyright: ignore[reportMissingTypeStubs]
from botocore.awsrequest import AWSRequest  # pyright: ignore[reportMissingTypeStubs]
from botocore.config import Config  # pyright: ignore[reportMissingTypeStubs]
from botocore.credentials import (  # pyright: ignore[reportMissingTypeStubs]
    ReadOnlyCredentials,
)
from hypothesis import given
from hypothesis import strategies as st

from handlers.mechanisms.s3.signing import Signer

_UNSIGNED = Config(s3={"payload_signing_enabled": False})
_TRAILER = {"request_algorithm": {"in": "trailer"}}
_NAMES = st.sampled_from(
    ["if-match", "range", "content-type", "Expires", "x-amz-meta-a", "User-Agent"]
)
_VALUES = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]))
_URLS = st.sampled_from(
    [
        "http://127.0.0.1:8080/bucket",
        "http://s3.example:80/bucket",
        "https://s3.example:443/bucket",
        "https://bucket.s3.eu-central-1.amazonaws.com",
        "https://[::1]:9000/gateway/bucket",
    ]
)


@given(
    url=_URLS,
    key=st.text(st.characters(codec="utf-8"), min_size=1),
    query=st.dictionaries(
        st.sampled_from(["uploads", "uploadId", "partNumber", "versionId"]), _VALUES
    ),
    headers=st.dictionaries(_NAMES, _VALUES),
    token=st.sampled_from([None, "a token"]),
    trailer=st.booleans(),
)
def test_a_signature_is_botocores(  # noqa: PLR0913 - each is a side of a request
    *,
    url: str,
    key: str,
    query: dict[str, str],
    headers: dict[str, str],
    token: str | None,
    trailer: bool,
) -> None:
    keys = ReadOnlyCredentials("an-id", "a-secret", token)
    signer = Signer(url, "eu-central-1")
    path, told = signer.target(key, query)
    ours = signer.sign(keys, ("PUT", path, told), headers, trailer=trailer)
    whole = url.removesuffix("/bucket").removesuffix("/gateway") + path
    request: Any = AWSRequest("PUT", f"{whole}?{told}" if told else whole, headers)
    request.context["client_config"] = _UNSIGNED
    if trailer:
        request.context["checksum"] = _TRAILER
    theirs: Any = auth.S3SigV4Auth(keys, "s3", "eu-central-1")
    now = datetime.strptime(ours["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(auth, "get_current_datetime", lambda: now)
        theirs.add_auth(request)
    assert ours == dict(request.headers.items())


def test_another_secret_is_another_signature() -> None:
    signer = Signer("http://s3.example/bucket", "us-east-1")

    def signed(secret: str) -> str:
        keys: Any = ReadOnlyCredentials("an-id", secret, None)
        said = signer.sign(keys, ("GET", "/bucket/a", ""), {}, trailer=False)
        return said["Authorization"].partition("Signature=")[2]

    assert signed("one") != signed("two")
