"""Signature Version 4 as S3 takes it, for the requests to one bucket.

botocore's own signer, which the tests hold this one to, takes several times the CPU: it
derives the key of the day for each request, and takes each URL apart again.
Source: docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
"""

import hmac
import time
from collections.abc import Mapping
from hashlib import sha256
from typing import Final, Protocol
from urllib.parse import quote

import yarl

_SAFE: Final = "-_.~"
_UNSIGNED_BODY: Final = "UNSIGNED-PAYLOAD"
_UNSIGNED_WITH_TRAILER: Final = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
# Those between us and the storage may change these.
_LEFT_OUT: Final = frozenset(
    {"expect", "transfer-encoding", "user-agent", "x-amzn-trace-id"}
)


class Keys(Protocol):
    """Credentials as the signer wants them."""

    @property
    def access_key(self) -> str: ...
    @property
    def secret_key(self) -> str: ...
    @property
    def token(self) -> str | None: ...


class Signer:
    """Of one bucket at one endpoint. Bodies stay unsigned, over plain http too."""

    def __init__(self, bucket_url: str, region: str) -> None:
        """`bucket_url`: encoded, without a slash at its end."""
        url = yarl.URL(bucket_url, encoded=True)
        self.origin = str(url.origin())
        self.host = url.host_port_subcomponent or ""
        self._base = url.raw_path.rstrip("/")
        self._region = region
        self._derived = ("", "", b"")

    def target(self, key: str, query: Mapping[str, str]) -> tuple[str, str]:
        """Path and query of a request, encoded; the query as it is signed, too."""
        path = f"{self._base}/{quote(key, safe='/' + _SAFE)}"
        pairs = [f"{name}={quote(value, safe=_SAFE)}" for name, value in query.items()]
        return path, "&".join(sorted(pairs))

    def sign(
        self,
        keys: Keys,
        request: tuple[str, str, str],
        headers: Mapping[str, str],
        *,
        trailer: bool,
    ) -> dict[str, str]:
        """The headers, with those that prove who sends the request.

        `request`: method, path and query. `trailer`: the body ends in checksums.
        """
        now = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        body = _UNSIGNED_WITH_TRAILER if trailer else _UNSIGNED_BODY
        said = {**headers, "X-Amz-Date": now, "X-Amz-Content-SHA256": body}
        if keys.token:
            said["X-Amz-Security-Token"] = keys.token
        lines = {name.lower(): " ".join(each.split()) for name, each in said.items()}
        lines["host"] = self.host
        names = sorted(lines.keys() - _LEFT_OUT)
        signed = ";".join(names)
        heads = "".join(f"{name}:{lines[name]}\n" for name in names)
        canonical = "\n".join((*request, heads, signed, body))
        scope = f"{now[:8]}/{self._region}/s3/aws4_request"
        digest = sha256(canonical.encode()).hexdigest()
        signature = hmac.digest(
            self._key(keys.secret_key, now[:8]),
            f"AWS4-HMAC-SHA256\n{now}\n{scope}\n{digest}".encode(),
            "sha256",
        ).hex()
        said["Authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={keys.access_key}/{scope},"
            f" SignedHeaders={signed}, Signature={signature}"
        )
        return said

    def _key(self, secret: str, day: str) -> bytes:
        """Of the day; derived again when the day or the secret is another."""
        if self._derived[:2] != (secret, day):
            key = f"AWS4{secret}".encode()
            for each in (day, self._region, "s3", "aws4_request"):
                key = hmac.digest(key, each.encode(), "sha256")
            self._derived = (secret, day, key)
        return self._derived[2]
