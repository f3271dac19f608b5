"""Which destination keys are one and the same, and who may hear whose they are. Pure.

A running flow owns every key that it plans, so that none has two writers at a time. A
key is known by a hash of where it is; names of hosts are compared, never addresses: of
a storage that is reached by two names, the plane cannot know that it is one.
"""

import json
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import Self
from urllib.parse import SplitResult, unquote, urlsplit

from domain.data_flow import DataFlow
from domain.location import Location
from domain.mechanisms.file.address import MECHANISM as FILE
from domain.mechanisms.http.address import MECHANISM as HTTP
from domain.mechanisms.s3.address import MECHANISM as S3

_DIGEST_BYTES = 16
_DEFAULT_PORTS = {"http": 80, "https": 443}
# Names of buckets are unique over all regions of a partition of AWS.
_AWS, _AWS_CHINA = "amazonaws.com", "amazonaws.com.cn"
# They say how something is reached, or which objects of it are meant.
_NOT_WHERE = frozenset({"key", "prefix", "region", "force_path_style"})


@dataclass(frozen=True)
class KeySpace:
    """Where keys are: the endpoint and the bucket. `root` is what each begins with."""

    name: str
    root: str = ""

    @classmethod
    def of(cls, place: Location | None) -> Self | None:
        """That of a destination; None where nobody can tell what its keys name."""
        if place is None or not place.fields:
            return None
        match place.mechanism:
            case mechanism if mechanism == S3:
                bucket = place.fields.get("bucket")
                return cls(f"{S3}\n{_s3_endpoint(place)}\n{bucket}")
            case mechanism if mechanism == HTTP:
                return cls._of_http(place)
            case mechanism if mechanism == FILE:
                # A file is what its bytes are: of one name there may be any number.
                return None
            case mechanism:
                where = {k: v for k, v in place.fields.items() if k not in _NOT_WHERE}
                return cls(f"{mechanism}\n{json.dumps(where, sort_keys=True)}")

    @classmethod
    def _of_http(cls, place: Location) -> Self | None:
        # What an URL without keys names is also up to its query, which may be secret.
        if not place.fields.get("below"):
            return None
        parts = urlsplit(str(place.fields.get("endpoint")))
        return cls(f"{HTTP}\n{_host(parts)}", f"{unquote(parts.path).rstrip('/')}/")

    def digest(self, key: str) -> str:
        """What the key is known by among all of them: 32 hexadecimal digits.

        Keys are compared by their bytes.
        """
        said = self._before + key.encode("utf-8", "surrogatepass")
        return blake2b(said, digest_size=_DIGEST_BYTES).hexdigest()

    @cached_property
    def _before(self) -> bytes:
        return f"{self.name}\n{self.root}".encode()


def may_know(one: DataFlow, other: DataFlow) -> bool:
    """Whether who owns the one flow may be told the id of the other.

    Only of the same control plane, participant, dataspace and tenant.
    """
    known = _belongs_to(one)
    return known is not None and known == _belongs_to(other)


def _belongs_to(flow: DataFlow) -> tuple[str | None, ...] | None:
    terms = flow.terms
    if terms is None:
        return None
    context = (terms.control_plane_id, terms.participant_id, terms.dataspace_context)
    return (*context, flow.options.tenant)


def _s3_endpoint(place: Location) -> str:
    url = place.fields.get("endpoint_url")
    if not isinstance(url, str):
        china = str(place.fields.get("region") or "").startswith("cn-")
        return _AWS_CHINA if china else _AWS
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    for aws in (_AWS, _AWS_CHINA):
        if host == aws or host.endswith(f".{aws}"):
            return aws
    return f"{_host(parts)}{parts.path.rstrip('/')}"


def _host(parts: SplitResult) -> str:
    """The host, and its port unless that is the usual one; the scheme tells nothing."""
    host = (parts.hostname or "").rstrip(".")
    usual = parts.port is None or parts.port == _DEFAULT_PORTS.get(parts.scheme)
    return host if usual else f"{host}:{parts.port}"
