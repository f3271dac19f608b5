"""The mechanism: no profile of its own, and two names of the metadata."""

from collections.abc import Mapping
from typing import Any

from pydantic import SecretStr

from domain.data_address import DataAddress
from domain.errors import InvalidAddressError
from domain.location import CopyOptions, Direction, Location
from domain.mechanisms import Parsed, Target
from domain.mechanisms.file import reading
from domain.mechanisms.file.address import MECHANISM
from domain.mechanisms.options import read_options

_PROFILES: Mapping[str, Direction] = {}


class FileMechanism:
    """Files as the metadata speaks of them. See the package for what is understood."""

    @property
    def name(self) -> str:
        """The key of the registry."""
        return MECHANISM

    @property
    def profiles(self) -> tuple[str, ...]:
        """None: a partner has no files here, and could name none."""
        return tuple(_PROFILES)

    def direction(self, profile: str) -> Direction | None:
        """No profile is ours."""
        return _PROFILES.get(profile)

    def read(
        self,
        target: Target,
        address: DataAddress | None,
        metadata: Mapping[str, Any],
        *,
        own: bool = True,
    ) -> Parsed | None:
        """This plane's own side, where the metadata names a file for it."""
        if address is not None:
            raise InvalidAddressError("dataAddress: a file is no address of others")
        place = reading.of_metadata(target, metadata) if own else None
        return Parsed(place.location()) if place else None

    def credentials(
        self, target: Target, metadata: Mapping[str, Any]
    ) -> Mapping[str, SecretStr]:
        """None: this plane reaches its own files with its own key."""
        _ = target, metadata
        return {}

    def called(self, parsed: Parsed) -> tuple[str, ...]:
        """Nothing of others."""
        _ = parsed
        return ()

    def offer(
        self, data_flow_id: str, own: Location, direction: Direction
    ) -> DataAddress:
        """No profile of ours offers anything. Raises InvalidAddressError."""
        _ = data_flow_id, own, direction
        raise InvalidAddressError("files are offered by another profile, such as http")

    def asynchronous(self, profile: str) -> bool:
        """Nothing has to be made ready."""
        _ = profile
        return False

    def options(self, profile: str, metadata: Mapping[str, Any]) -> CopyOptions:
        """As for every mechanism."""
        _ = profile
        return read_options(metadata)
