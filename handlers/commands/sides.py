"""The two sides of a copy, as one message speaks of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import SecretStr

from domain.data_address import DataAddress
from domain.errors import DataPlaneError, InvalidAddressError
from domain.location import Direction, Location
from domain.mechanisms import Mechanism, MechanismRegistry, Parsed, Target
from domain.mechanisms.aliases import alias_in, alias_reference
from domain.mechanisms.strangers import Strangers
from domain.names import secret_reference

Secrets = Mapping[str, Mapping[str, SecretStr]]


@dataclass(frozen=True)
class Sides:
    """Reads the sides of one message, and collects their secrets by reference.

    `defaults` is what this plane's operator says of its own side of the dataset.
    """

    registry: MechanismRegistry
    mechanism: Mechanism
    data_flow_id: str
    message_id: str
    strangers: Strangers = field(default_factory=Strangers)
    defaults: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False)
    secrets: dict[str, Mapping[str, SecretStr]] = field(
        default_factory=dict[str, Mapping[str, SecretStr]]
    )

    def own(self, target: Target, metadata: Mapping[str, Any]) -> Location | None:
        """This plane's side, of any mechanism. Raises InvalidAddressError.

        What the message says comes first, as a whole: the operator's word is for
        messages that say nothing of it.
        """
        for said in (metadata, {**self.defaults, **metadata}):
            found = self.registry.read_own(self.mechanism, target, said)
            if found is not None:
                mechanism, parsed = found
                return self._location(mechanism, target, parsed, said)
        return self._location(self.mechanism, target, None, metadata)

    def others(
        self, target: Target, address: DataAddress | None, metadata: Mapping[str, Any]
    ) -> Location | None:
        """The other side, of the profile's mechanism. Raises InvalidAddressError."""
        parsed = self.mechanism.read(target, address, metadata, own=False)
        if parsed is not None and address is not None:
            for url in self.mechanism.called(parsed):
                self.strangers.check(url)
            foreign = parsed.location.model_copy(update={"foreign": True})
            parsed = Parsed(foreign, parsed.secrets)
        return self._location(self.mechanism, target, parsed, metadata)

    def offer(self, own: Location | None, direction: Direction) -> dict[str, Any]:
        """The address of this plane's side, for the other. Raises `address.missing`."""
        if own is None or not own.fields:
            side = "source" if direction is Direction.PULL else "destination"
            raise DataPlaneError(f"the {side} is not named", code="address.missing")
        return self.mechanism.offer(self.data_flow_id, own, direction).wire()

    def _location(
        self,
        mechanism: Mechanism,
        target: Target,
        parsed: Parsed | None,
        metadata: Mapping[str, Any],
    ) -> Location | None:
        credentials = mechanism.credentials(target, metadata)
        alias = alias_in(target, metadata)
        if parsed is None:
            # Only how to get in is known; where to, the other side will say.
            if not credentials and alias is None:
                return None
            parsed = Parsed(Location(mechanism=mechanism.name, fields={}), credentials)
        if alias is not None:
            if credentials:
                raise InvalidAddressError(f"{target} credentials: a name or keys")
            # Before whatever the address itself holds: our own control plane said so.
            return parsed.location.model_copy(update={"secret": alias_reference(alias)})
        if not parsed.secrets:
            return parsed.location
        reference = secret_reference(self.data_flow_id, self.message_id, target)
        self.secrets[reference] = parsed.secrets
        return parsed.location.model_copy(update={"secret": reference})
