"""Credentials that the operator keeps for this plane, by alias, in a file.

    {"lake": {"accessKeyId": "…", "secretAccessKey": "…",
              "endpoints": ["https://s3.example:9000"], "buckets": ["lake"]}}

`sessionToken` and `expiration` (ISO 8601) are optional. `endpoints` are those that the
keys may be shown to; `aws` means AWS itself, which is also what no list means: an
address that the other side chose must not make us show them to any host. `buckets`
are those that they may be used for; no list means all that the keys can open.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    SecretStr,
    TypeAdapter,
    ValidationError,
)
from pydantic.alias_generators import to_camel

from domain.errors import Side, StorageError
from domain.location import Location
from domain.mechanisms.aliases import alias_of

_AWS = "aws"


def _plain(endpoint: str) -> str:
    """As the S3 mechanism records an endpoint, so that both can be compared."""
    if endpoint == _AWS:
        return endpoint
    parts = urlsplit(endpoint)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        msg = "must be aws, or an http or https URL"
        raise ValueError(msg)
    return f"{parts.scheme}://{parts.netloc.lower()}{parts.path.rstrip('/')}"


class _Entry(BaseModel):
    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        hide_input_in_errors=True,
    )

    access_key_id: SecretStr
    secret_access_key: SecretStr
    session_token: SecretStr | None = None
    expiration: SecretStr | None = None
    endpoints: frozenset[Annotated[str, AfterValidator(_plain)]] = frozenset({_AWS})
    buckets: frozenset[str] | None = None

    def refusal(self, location: Location) -> str | None:
        """Why it may not be used there."""
        if (location.fields.get("endpoint_url") or _AWS) not in self.endpoints:
            return "this endpoint"
        if self.buckets is not None and location.fields.get("bucket") not in (
            self.buckets
        ):
            return "this bucket"
        return None

    def secrets(self) -> dict[str, SecretStr]:
        """As the executors take them."""
        said = {
            "access_key_id": self.access_key_id,
            "secret_access_key": self.secret_access_key,
            "session_token": self.session_token,
            "expiration": self.expiration,
        }
        return {name: value for name, value in said.items() if value is not None}


_ENTRIES = TypeAdapter(dict[str, _Entry])


class CredentialFile:
    """Read at each use: new keys need no restart."""

    def __init__(self, path: Path | None) -> None:
        """None: this plane keeps no credentials, and refuses every alias."""
        self._path = path

    def check(self) -> None:
        """At the start of a process. Raises StorageError for an unusable file."""
        self._read(Side.PLANE)

    def get(self, location: Location, side: Side) -> Mapping[str, SecretStr]:
        """What the location's alias stands for; empty for a location without one.

        Raises StorageError `storage.denied` for an alias that is not in the file, or
        may not be used at the location's endpoint or for its bucket.
        """
        alias = alias_of(location.secret)
        if alias is None:
            return {}
        entry = self._read(side).get(alias)
        if entry is None:
            raise _denied(f"this plane has no credentials named {alias}", side)
        refused = entry.refusal(location)
        if refused is not None:
            raise _denied(f"the credentials {alias} are not for {refused}", side)
        return entry.secrets()

    def _read(self, side: Side) -> Mapping[str, _Entry]:
        if self._path is None:
            return {}
        try:
            return _ENTRIES.validate_json(self._path.read_bytes())
        except ValidationError as error:
            fields = ", ".join(
                ".".join(map(str, line["loc"])) or "the document"
                for line in error.errors(include_input=False, include_url=False)
            )
            detail = f"the file of credentials is not valid at: {fields}"
        except OSError as error:
            detail = f"the file of credentials cannot be read: {type(error).__name__}"
        # Not chained: what could not be read may hold a key.
        raise _denied(detail, side)


def _denied(detail: str, side: Side) -> StorageError:
    return StorageError(detail, code="storage.denied", side=side)
