"""The address template of S3: which objects of which bucket, and how to reach it."""

import re
from typing import Self
from urllib.parse import SplitResult, urlsplit

from pydantic import (
    BaseModel,
    ConfigDict,
    ValidationError,
    field_validator,
    model_validator,
)

from domain.errors import InvalidAddressError
from domain.location import Location

MECHANISM = "s3"
_MAX_KEY_BYTES = 1024
# Wider than AWS's rule: Ceph, Swift and the oldest AWS buckets have such names.
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,254}")
# A region becomes part of a host name, so it may hold nothing that ends one.
_REGION = re.compile(r"[A-Za-z0-9-]{1,64}")
_NOT_IN_URLS = re.compile(r"[\x00-\x20\x7f\\]")


class S3Address(BaseModel):
    """One object (`key`), or all whose keys begin with `prefix` (empty: the bucket).

    `endpoint_url` None is AWS itself. `force_path_style` None leaves the choice to the
    client: path style at an endpoint of its own, the bucket in the host name at AWS.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    bucket: str
    key: str | None = None
    prefix: str | None = None
    endpoint_url: str | None = None
    region: str | None = None
    force_path_style: bool | None = None

    @field_validator("bucket")
    @classmethod
    def _bucket_is_a_name(cls, bucket: str) -> str:
        if not _BUCKET.fullmatch(bucket) or ".." in bucket:
            raise ValueError(
                "must be 1 to 255 letters, digits, dots, hyphens and underscores, "
                "beginning with a letter or digit"
            )
        return bucket

    @field_validator("key", "prefix")
    @classmethod
    def _key_fits(cls, key: str | None) -> str | None:
        if key is None:
            return None
        try:
            size = len(key.encode())
        except UnicodeEncodeError:
            raise ValueError("must be text that UTF-8 can hold") from None
        if size > _MAX_KEY_BYTES or "\0" in key:
            raise ValueError(
                f"must be at most {_MAX_KEY_BYTES} bytes, none of them NUL"
            )
        return key

    @field_validator("endpoint_url")
    @classmethod
    def _endpoint_is_plain(cls, url: str | None) -> str | None:
        return None if url is None else _plain(url)

    @field_validator("region")
    @classmethod
    def _region_is_a_name(cls, region: str | None) -> str | None:
        if region is not None and not _REGION.fullmatch(region):
            raise ValueError("must be letters, digits and hyphens")
        return region

    @model_validator(mode="after")
    def _one_object_or_a_prefix(self) -> Self:
        if (self.key is None) == (self.prefix is None):
            raise ValueError("key or prefix: exactly one must be given")
        if self.key is not None and (not self.key or self.key.endswith("/")):
            raise ValueError("key must name an object: not empty, no slash at its end")
        return self

    @classmethod
    def make(cls, **fields: str | bool | None) -> Self:
        """Validate; raises InvalidAddressError that names the field, not its value."""
        try:
            return cls.model_validate(fields)
        except ValidationError as error:
            raise InvalidAddressError("; ".join(_complaints(error))) from None

    @classmethod
    def of(cls, location: Location) -> Self:
        """The address of a recorded location. Raises InvalidAddressError."""
        if location.mechanism != MECHANISM:
            raise InvalidAddressError("the location is not one of S3")
        return cls.make(**location.fields)

    def location(self) -> Location:
        """What may be recorded: this holds no secret."""
        return Location(mechanism=MECHANISM, fields=self.model_dump())

    @property
    def path(self) -> str:
        """The key or the prefix, whichever there is."""
        return self.prefix or "" if self.key is None else self.key


def _plain(url: str) -> str:
    try:
        parts: SplitResult = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise ValueError("must be an http or https URL") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("must be an http or https URL")
    if _NOT_IN_URLS.search(url):
        raise ValueError("must hold no space, control character or backslash")
    if "@" in parts.netloc or "?" in url or "#" in url:
        raise ValueError("must hold no user, query or fragment")
    return f"{parts.scheme}://{parts.netloc.lower()}{parts.path.rstrip('/')}"


def _complaints(error: ValidationError) -> list[str]:
    said: list[str] = []
    for line in error.errors(
        include_input=False, include_url=False, include_context=False
    ):
        where = ".".join(map(str, line["loc"]))
        message = line["msg"].removeprefix("Value error, ")
        said.append(f"{where} {message}".strip())
    return said
