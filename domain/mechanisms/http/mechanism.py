"""The mechanism: its profile names, and what the protocol asks of it."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from pydantic import SecretStr

from domain.data_address import DataAddress
from domain.errors import InvalidAddressError
from domain.location import CopyOptions, Direction, Location
from domain.mechanisms import Parsed, Target
from domain.mechanisms.file.address import MECHANISM as FILE
from domain.mechanisms.http import reading
from domain.mechanisms.http.address import MECHANISM, PARTS
from domain.mechanisms.http.reading import Rules
from domain.mechanisms.options import read_options

PROFILE_URL = "https://w3id.org/dspace-sig/profile/http"
_PROFILES = (
    f"{PROFILE_URL}-push",
    f"{PROFILE_URL}-pull",
    "HttpData-PUSH",
    "HttpData-PULL",
)
# What follows the last separator must be the word http; bare `http-pull` is no URL and
# nobody's own name, so it stays free for whoever means something else by it.
_ANY_HTTP = re.compile(
    r"(?:(?:.*[/:.#])(?:[^/:.#]*[^/:.#a-z0-9])?http|httpdata)-(?P<direction>push|pull)",
    re.IGNORECASE | re.DOTALL,
)
# Endpoint types that others use for an URL, whatever the direction.
_UNDIRECTED = frozenset({"httpdata", "https://w3id.org/idsa/v4.1/http"})
# A file's chunks are of one size, which a sender of parts would have to know.
_IN_ONE_PIECE = frozenset({MECHANISM, FILE})
_DIRECTIONS = {Target.SOURCE: Direction.PULL, Target.DESTINATION: Direction.PUSH}


class Http:
    """HTTP as the protocol addresses it. See the package for what is understood."""

    def __init__(
        self,
        *,
        door_url: str = "",
        allow_http: bool = False,
        require_renewal: bool = False,
    ) -> None:
        """`door_url`: where others reach this plane's data door; empty: it has none.

        `allow_http`: whether an address may name an URL without TLS. `require_renewal`:
        whether a pull's address must say how its token is renewed.
        """
        self._door_url = door_url.rstrip("/")
        self._rules = Rules(allow_http=allow_http, require_renewal=require_renewal)

    @property
    def name(self) -> str:
        """The key of the registry."""
        return MECHANISM

    @property
    def profiles(self) -> tuple[str, ...]:
        """The published profile first, then EDC's names."""
        return _PROFILES

    def direction(self, profile: str) -> Direction | None:
        """By the suffix, for any profile URL whose last word is http."""
        match = _ANY_HTTP.fullmatch(profile)
        return Direction(match["direction"].lower()) if match else None

    def read(
        self,
        target: Target,
        address: DataAddress | None,
        metadata: Mapping[str, Any],
        *,
        own: bool = True,
    ) -> Parsed | None:
        """One side of a copy: the address that was sent, else `<target>Url`."""
        _ = own
        if address is None:
            return reading.of_metadata(target, metadata)
        self._require_type(target, address.endpoint_type)
        return reading.of_address(target, address, self._rules)

    def credentials(
        self, target: Target, metadata: Mapping[str, Any]
    ) -> Mapping[str, SecretStr]:
        """The `<target>Authorization` of the metadata."""
        return reading.credentials(target, metadata)

    def called(self, parsed: Parsed) -> tuple[str, ...]:
        """Where the data is, and where its token is renewed."""
        endpoint = parsed.location.fields.get("endpoint")
        renewal = parsed.secrets.get("refresh_endpoint")
        urls = (endpoint, renewal.get_secret_value() if renewal else None)
        return tuple(url for url in urls if isinstance(url, str) and url)

    def offer(
        self, data_flow_id: str, own: Location, direction: Direction
    ) -> DataAddress:
        """The flow's place at the data door; its tokens are filled in when it is told.

        Raises InvalidAddressError where this plane has no data door.
        """
        if not self._door_url:
            raise InvalidAddressError(
                "this plane offers nothing by HTTP: it has no data door (door_url)"
            )
        many = own.fields.get("prefix") is not None
        said = {"authType": "bearer"}
        if direction is Direction.PUSH:
            if own.mechanism not in _IN_ONE_PIECE or own.fields.get("uploads"):
                said["uploads"] = PARTS
            said["collection"] = str(many).lower()
        elif many:
            said["collection"] = "true"
        return DataAddress.read(
            {
                "endpointType": f"{PROFILE_URL}-{direction}",
                "endpoint": f"{self._door_url}/flows/{quote(data_flow_id, safe='')}",
                "endpointProperties": [
                    {"name": name, "value": value} for name, value in said.items()
                ],
            }
        )

    def asynchronous(self, profile: str) -> bool:
        """Nothing has to be made ready."""
        _ = profile
        return False

    def options(self, profile: str, metadata: Mapping[str, Any]) -> CopyOptions:
        """As for every mechanism."""
        _ = profile
        return read_options(metadata)

    def _require_type(self, target: Target, endpoint_type: str) -> None:
        direction = _DIRECTIONS[target]
        if (
            endpoint_type.casefold() not in _UNDIRECTED
            and self.direction(endpoint_type) is not direction
        ):
            raise InvalidAddressError(
                f"dataAddress: endpointType must be {PROFILE_URL}-{direction}"
            )
