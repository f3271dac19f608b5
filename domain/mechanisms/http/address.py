"""The address template of HTTP: where the bytes are, and how many objects there are."""

import re
from typing import Literal, Self
from urllib.parse import unquote, urlsplit

from pydantic import (
    BaseModel,
    ConfigDict,
    ValidationError,
    field_validator,
    model_validator,
)

from domain.errors import InvalidAddressError
from domain.location import Location

MECHANISM = "http"
PARTS = "parts-v1"
_NOT_IN_URLS = re.compile(r"[\x00-\x20\x7f\\]")
_NAMELESS = "object"


class HttpAddress(BaseModel):
    """One object (`key`), or all whose keys begin with `prefix` (always empty).

    `endpoint` is an URL without its query. `below` says that keys follow it in the
    path; without, whatever the key, the endpoint itself is asked. `uploads` is the
    protocol by which parts of objects are taken; None: objects come in one piece, each
    by one request of `method`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    endpoint: str
    key: str | None = None
    prefix: Literal[""] | None = None
    below: bool = False
    uploads: Literal["parts-v1"] | None = None
    method: Literal["PUT", "POST"] = "PUT"

    @field_validator("endpoint")
    @classmethod
    def _endpoint_is_plain(cls, url: str) -> str:
        return checked_url(url)

    @model_validator(mode="after")
    def _one_object_or_a_prefix(self) -> Self:
        if (self.key is None) == (self.prefix is None):
            raise ValueError("key or prefix: exactly one must be given")
        return self

    @classmethod
    def make(cls, **fields: str | bool | None) -> Self:
        """Validate; raises InvalidAddressError that names the field, not its value."""
        try:
            return cls.model_validate(fields)
        except ValidationError as error:
            said = "; ".join(
                f"{'.'.join(map(str, line['loc']))} "
                f"{line['msg'].removeprefix('Value error, ')}".strip()
                for line in error.errors(include_input=False, include_url=False)
            )
            raise InvalidAddressError(said) from None

    @classmethod
    def of(cls, location: Location) -> Self:
        """The address of a recorded location. Raises InvalidAddressError."""
        if location.mechanism != MECHANISM:
            raise InvalidAddressError("the location is not one of HTTP")
        return cls.make(**location.fields)

    def location(self) -> Location:
        """What may be recorded: this holds no secret."""
        return Location(mechanism=MECHANISM, fields=self.model_dump())


def checked_url(url: str) -> str:
    """The URL, or ValueError: http or https, and nothing in it that may be a secret."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise ValueError("must be an https URL") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("must be an https URL")
    if _NOT_IN_URLS.search(url):
        raise ValueError("must hold no space, control character or backslash")
    if "@" in parts.netloc or "?" in url or "#" in url:
        raise ValueError("must hold no user and no fragment")
    return url


def last_name(endpoint: str) -> str:
    """What an object is called that has no other name than its URL."""
    path = urlsplit(endpoint).path.rstrip("/")
    return unquote(path.rpartition("/")[2]) or _NAMELESS
