"""From DataAddress and metadata to the address template, tokens set apart.

Two may speak of a side: the message's DataAddress, under the profile's strict rules;
or our own control plane's metadata, `<target>Url` with `<target>Authorization` and
`<target>HttpMethod`. Unknown names are ignored, as the profile demands.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr

from domain.data_address import DataAddress
from domain.errors import InvalidAddressError
from domain.mechanisms import Parsed, Target
from domain.mechanisms.http.address import PARTS, HttpAddress, checked_url, last_name
from domain.mechanisms.s3.names import Names

Secrets = dict[str, SecretStr]

_RENEWAL = ("refreshToken", "expiresIn", "refreshEndpoint")


@dataclass(frozen=True)
class Rules:
    """What is asked of an address that the other side sends."""

    allow_http: bool = False
    require_renewal: bool = False

    def url(self, name: str, url: str) -> str:
        """The URL, if it may be used. Raises InvalidAddressError."""
        try:
            checked = checked_url(url)
        except ValueError as error:
            raise InvalidAddressError(f"{name} {error}") from None
        secure = checked.partition(":")[0].lower() == "https"
        if not secure and not self.allow_http:
            raise InvalidAddressError(f"{name} must be an https URL")
        return checked


def of_address(target: Target, address: DataAddress, rules: Rules) -> Parsed:
    """The side that an address of the profile means. Raises InvalidAddressError."""
    if not address.endpoint:
        raise InvalidAddressError("dataAddress: endpoint must be an https URL")
    names = Names(address.items())
    endpoint, _, query = address.endpoint.partition("?")
    endpoint = rules.url("dataAddress: endpoint", endpoint)
    secrets = _token(names) | _renewal(target, names, endpoint, rules)
    if query:
        secrets["query"] = SecretStr(query)
    # EDC's own, where a push is a message and no file.
    default = "POST" if address.endpoint_type.casefold() == "httpdata" else "PUT"
    method = names.text("httpMethod", "method") or default
    place = _place(target, endpoint, names, method)
    return Parsed(place.location(), secrets)


def of_metadata(target: Target, metadata: Mapping[str, Any]) -> Parsed | None:
    """This plane's own side, where the metadata names an URL for it."""
    names = Names(metadata.items())
    url = names.text(f"{target.value}Url")
    if url is None:
        return None
    endpoint, _, query = url.partition("?")
    # Our own control plane may mean a server of our own network.
    Rules(allow_http=True).url(f"{target.value}Url", endpoint)
    secrets = credentials(target, metadata)
    if query:
        secrets["query"] = SecretStr(query)
    method = names.text(f"{target.value}HttpMethod") or "PUT"
    place = _place(target, endpoint, Names(()), method)
    return Parsed(place.location(), secrets)


def credentials(target: Target, metadata: Mapping[str, Any]) -> Secrets:
    """The bearer token that the metadata holds for a side."""
    token = Names(metadata.items()).text(f"{target.value}Authorization")
    return {} if token is None else {"authorization": _bare(token)}


def _place(target: Target, endpoint: str, names: Names, method: str) -> HttpAddress:
    uploads = names.text("uploads")
    collection = names.flag("collection")
    reading = target is Target.SOURCE
    if collection is None:
        collection = not reading and endpoint.endswith("/")
    # A message box takes any number of objects at one URL; a file's URL takes one.
    many = collection or (not reading and method.upper() == "POST")
    return HttpAddress.make(
        endpoint=endpoint,
        key=None if many else last_name(endpoint),
        prefix="" if many else None,
        below=collection,
        # A protocol that we do not know is none: objects then go in one piece.
        uploads=PARTS if not reading and uploads == PARTS else None,
        method=method.upper(),
    )


def _token(names: Names) -> Secrets:
    token, kind = names.text("authorization"), names.text("authType")
    if token is None:
        return {}
    if kind is None:
        raise InvalidAddressError("authType must be given with authorization")
    if kind.casefold() != "bearer":
        raise InvalidAddressError("authType must be bearer")
    return {"authorization": _bare(token)}


def _bare(token: str) -> SecretStr:
    head, space, rest = token.partition(" ")
    bare = rest.strip() if space and head.casefold() == "bearer" else token
    if not bare.isascii() or not bare.isprintable() or " " in bare:
        raise InvalidAddressError("authorization must be a token")
    return SecretStr(bare)


def _renewal(target: Target, names: Names, endpoint: str, rules: Rules) -> Secrets:
    refresh, seconds, where = (names.text(each) for each in _RENEWAL)
    if rules.require_renewal and target is Target.SOURCE:
        for name, value in zip(_RENEWAL, (refresh, seconds, where), strict=True):
            if value is None:
                raise InvalidAddressError(f"{name} must be given")
    if refresh is None:
        return {}
    if seconds is None:
        raise InvalidAddressError("expiresIn must be given with refreshToken")
    if not (seconds.isascii() and seconds.isdecimal()):
        raise InvalidAddressError("expiresIn must be a whole number of seconds")
    checked = rules.url("refreshEndpoint", where or endpoint)
    return {
        "refresh_token": SecretStr(refresh),
        "expires_in": SecretStr(seconds),
        "refresh_endpoint": SecretStr(checked),
    }
