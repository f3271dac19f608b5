"""One side of a copy on the command line: an S3 URL, and how to get in.

Credentials and endpoint come from a profile of the AWS configuration files when one is
named, else from `WAYBILL_SOURCE_…` or `WAYBILL_DESTINATION_…`, else from the standard
`AWS_…` variables. They are never arguments: those show in every process list.
"""

import os
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ProfileNotFound
from botocore.session import Session


class SideError(Exception):
    """The side is not understood; the message tells what to change."""


@dataclass(frozen=True)
class S3Side:
    """A bucket with a key or prefix, and how to get in."""

    bucket: str
    path: str
    endpoint_url: str | None = None
    region: str | None = None
    access_key_id: str | None = field(default=None, repr=False)
    secret_access_key: str | None = field(default=None, repr=False)
    session_token: str | None = field(default=None, repr=False)

    @classmethod
    def parse(
        cls, side: str, url: str, endpoint: str | None, profile: str | None
    ) -> "S3Side":
        """`side` is `source` or `destination`. Raises SideError."""
        scheme, _, rest = url.partition("://")
        bucket, _, path = rest.partition("/")
        if scheme != "s3" or not bucket:
            raise SideError(f"the {side} is not of the form s3://bucket/key: {url}")
        return cls(bucket, path, **_way_in(side, endpoint, profile))

    def metadata(self, side: str) -> dict[str, Any]:
        """As metadata keys of the protocol's messages."""
        named = {
            "Bucket": self.bucket,
            "Key": self.path or None,
            "EndpointUrl": self.endpoint_url,
            "Region": self.region,
            "AccessKeyId": self.access_key_id,
            "SecretAccessKey": self.secret_access_key,
            "SessionToken": self.session_token,
            "ForcePathStyle": True if self.endpoint_url else None,
        }
        return {
            side + name: value for name, value in named.items() if value is not None
        }


def _way_in(side: str, endpoint: str | None, profile: str | None) -> dict[str, Any]:
    prefix = f"WAYBILL_{side.upper()}_"

    def own(name: str) -> str | None:
        return os.environ.get(prefix + name)

    if profile is None and own("ACCESS_KEY_ID"):
        return {
            "endpoint_url": endpoint or own("ENDPOINT_URL"),
            "region": own("REGION") or "us-east-1",
            "access_key_id": own("ACCESS_KEY_ID"),
            "secret_access_key": own("SECRET_ACCESS_KEY"),
            "session_token": own("SESSION_TOKEN"),
        }
    session = Session(profile=profile)
    try:
        credentials = session.get_credentials()
        configured = session.get_scoped_config().get("endpoint_url")
    except ProfileNotFound as error:
        raise SideError(str(error)) from None
    if credentials is None:
        raise SideError(
            f"no credentials for the {side}: set {prefix}ACCESS_KEY_ID and"
            f" {prefix}SECRET_ACCESS_KEY, or name a profile"
        )
    frozen = credentials.get_frozen_credentials()
    return {
        "endpoint_url": endpoint
        or own("ENDPOINT_URL")
        or os.environ.get("AWS_ENDPOINT_URL")
        or configured,
        "region": session.get_config_variable("region") or "us-east-1",
        "access_key_id": frozen.access_key,
        "secret_access_key": frozen.secret_key,
        "session_token": frozen.token,
    }
