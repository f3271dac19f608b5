"""Mechanisms: how each kind of storage is addressed.

A mechanism knows its profile names, and turns the protocol's DataAddress and metadata
into a `Location` and back. It is found by entry point (group `waybill.mechanisms`), so
that a third party adds one without touching this repository. What moves the bytes is
the executor of the same name, in `handlers.mechanisms`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from pydantic import SecretStr

from domain.data_address import DataAddress
from domain.errors import UnsupportedProfileError
from domain.location import CopyOptions, Direction, Location


class Target(StrEnum):
    """Which side of the copy an address or a metadata key speaks of."""

    SOURCE = "source"
    DESTINATION = "destination"


@dataclass(frozen=True)
class Parsed:
    """An address that was understood: the part to record, and the part to lock away."""

    location: Location
    secrets: Mapping[str, SecretStr] = field(default_factory=dict[str, SecretStr])


class Mechanism(Protocol):
    """One kind of storage, as the protocol addresses it."""

    @property
    def name(self) -> str:
        """The key of the registry and of `Location.mechanism`."""
        ...

    @property
    def profiles(self) -> tuple[str, ...]:
        """The profile names to register at a control plane."""
        ...

    def direction(self, profile: str) -> Direction | None:
        """The direction that the profile names, or None where it is not ours."""
        ...

    def read(
        self,
        target: Target,
        address: DataAddress | None,
        metadata: Mapping[str, Any],
        *,
        own: bool = True,
    ) -> Parsed | None:
        """One side of a copy; None where neither address nor metadata speak of it.

        `own` says that this plane provides the side: names that do not tell which side
        they mean are then taken to mean it.

        Raises InvalidAddressError, naming the field and what it should be, but never
        its value.
        """
        ...

    def credentials(
        self, target: Target, metadata: Mapping[str, Any]
    ) -> Mapping[str, SecretStr]:
        """What the metadata holds to reach a side whose address is still to come."""
        ...

    def called(self, parsed: Parsed) -> tuple[str, ...]:
        """The URLs that this side makes us call, where it names any."""
        ...

    def offer(
        self, data_flow_id: str, own: Location, direction: Direction
    ) -> DataAddress:
        """The address to tell the other side, of what this plane has at `own`.

        `own` may be of another mechanism. Holds no secret. Raises InvalidAddressError
        where it cannot be offered by this one.
        """
        ...

    def asynchronous(self, profile: str) -> bool:
        """Whether a prepare or start of the profile is answered before it is done."""
        ...

    def options(self, profile: str, metadata: Mapping[str, Any]) -> CopyOptions:
        """What the metadata tunes; see `domain.mechanisms.options`.

        Raises InvalidAddressError.
        """
        ...


class MechanismRegistry:
    """The mechanisms that this plane speaks."""

    def __init__(self, mechanisms: Iterable[Mechanism]) -> None:
        """Later mechanisms do not hide earlier ones: the first that knows answers."""
        self._mechanisms = {each.name: each for each in mechanisms}

    @property
    def profiles(self) -> tuple[str, ...]:
        """All profile names, for registration."""
        return tuple(
            name for each in self._mechanisms.values() for name in each.profiles
        )

    def for_profile(self, profile: str) -> tuple[Mechanism, Direction]:
        """Who speaks the profile, and which way it goes.

        Raises UnsupportedProfileError.
        """
        for mechanism in self._mechanisms.values():
            direction = mechanism.direction(profile)
            if direction is not None:
                return mechanism, direction
        known = ", ".join(self.profiles)
        raise UnsupportedProfileError(
            f"no mechanism speaks this profile; known: {known}"
        )

    def read_own(
        self, preferred: Mechanism, target: Target, metadata: Mapping[str, Any]
    ) -> tuple[Mechanism, Parsed] | None:
        """This plane's own side, of whichever mechanism the metadata speaks of.

        The profile says how the other side is reached; what this plane has may be kept
        elsewhere. Raises InvalidAddressError.
        """
        others = (each for each in self._mechanisms.values() if each is not preferred)
        for mechanism in (preferred, *others):
            parsed = mechanism.read(target, None, metadata, own=True)
            if parsed is not None:
                return mechanism, parsed
        return None
