"""The protocol's JSON to a domain command, with the secrets taken out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import SecretStr
from uuid_utils.compat import uuid7

from domain.data_address import DataAddress
from domain.data_flow import DataFlow, DataFlowCommand
from domain.data_flow.commands import (
    CompleteDataFlow,
    ConfirmDataFlowStarted,
    PrepareDataFlow,
    ResumeDataFlow,
    StartDataFlow,
    SuspendDataFlow,
    TerminateDataFlow,
)
from domain.data_flow.terms import Terms
from domain.errors import DataPlaneError, InvalidMessageError
from domain.location import Direction, Location
from domain.mechanisms import Mechanism, MechanismRegistry, Parsed, Target
from domain.names import secret_reference
from domain.signaling import CreatingMessage, FollowUpMessage

Secrets = Mapping[str, Mapping[str, SecretStr]]


@dataclass(frozen=True)
class Intake:
    """A command, and the secrets that its locations refer to, by reference."""

    command: DataFlowCommand
    secrets: Secrets = field(default_factory=dict[str, Mapping[str, SecretStr]])


@dataclass(frozen=True)
class Reader:
    """Reads messages with the mechanisms that this plane speaks."""

    registry: MechanismRegistry
    control_plane_url: str | None = None

    def read(self, verb: str, body: object, flow: DataFlow) -> Intake:
        """The command that the message means to this flow.

        Raises the caller's errors: InvalidMessageError, UnsupportedProfileError,
        InvalidAddressError, and DataPlaneError `address.*`.
        """
        if verb in ("prepare", "start"):
            return self._creating(verb, CreatingMessage.read(body))
        message = FollowUpMessage.read(body)
        same: dict[str, Any] = {
            "data_flow_id": message.data_flow_id,
            "message_id": message.message_id,
        }
        match verb:
            case "suspend":
                return Intake(SuspendDataFlow(**same, reason=message.reason))
            case "terminate":
                return Intake(TerminateDataFlow(**same, reason=message.reason))
            case "completed":
                return Intake(CompleteDataFlow(**same))
            case "started" | "resume":
                return self._relocating(verb, message, flow)
            case _:
                raise InvalidMessageError("there is no such signal")

    def _creating(self, verb: str, message: CreatingMessage) -> Intake:
        mechanism, direction = self.registry.for_profile(message.profile)
        pull = direction is Direction.PULL
        if message.data_address is not None and (pull or verb == "prepare"):
            raise DataPlaneError(
                f"a {verb} of this profile carries no dataAddress",
                code="address.unexpected",
            )
        sides = _Sides(
            mechanism, message.data_flow_id, message.message_id or str(uuid7())
        )
        address = (
            DataAddress.read(message.data_address) if message.data_address else None
        )
        source, destination = None, None
        provider = verb == "start"
        if provider or pull:
            source = sides.read(Target.SOURCE, None, message.metadata, own=provider)
        if not (provider and pull):
            destination = sides.read(
                Target.DESTINATION, address, message.metadata, own=not provider
            )
        shape: dict[str, Any] = {
            "data_flow_id": message.data_flow_id,
            "message_id": message.message_id,
            "terms": self._terms(message),
            "direction": direction,
            "source": source,
            "destination": destination,
            "options": mechanism.options(message.metadata),
            "reply_address": _reply_address(verb, mechanism, pull, source, destination),
        }
        make: Callable[..., DataFlowCommand] = (
            PrepareDataFlow if verb == "prepare" else StartDataFlow
        )
        return Intake(make(**shape), sides.secrets)

    def _terms(self, message: CreatingMessage) -> Terms:
        return Terms(
            participant_id=message.participant_id,
            counter_party_id=message.counter_party_id,
            dataspace_context=message.dataspace_context,
            agreement_id=message.agreement_id,
            dataset_id=message.dataset_id,
            profile=message.profile,
            labels=message.labels,
            callback_address=message.callback_address or self.control_plane_url,
        )

    def _relocating(
        self, verb: str, message: FollowUpMessage, flow: DataFlow
    ) -> Intake:
        location: Location | None = None
        secrets: Secrets = {}
        pull = flow.direction is Direction.PULL
        if message.data_address is not None and flow.terms is not None:
            if verb == "started" and not pull:
                raise DataPlaneError(
                    "a push that has started carries no dataAddress",
                    code="address.unexpected",
                )
            mechanism, _ = self.registry.for_profile(flow.terms.profile)
            sides = _Sides(
                mechanism, message.data_flow_id, message.message_id or str(uuid7())
            )
            target = Target.SOURCE if pull else Target.DESTINATION
            address = DataAddress.read(message.data_address)
            location, secrets = (
                sides.read(target, address, {}, own=False),
                sides.secrets,
            )
        same: dict[str, Any] = {
            "data_flow_id": message.data_flow_id,
            "message_id": message.message_id,
        }
        if verb == "started":
            return Intake(ConfirmDataFlowStarted(**same, source=location), secrets)
        source, destination = (location, None) if pull else (None, location)
        command = ResumeDataFlow(**same, source=source, destination=destination)
        return Intake(command, secrets)


@dataclass(frozen=True)
class _Sides:
    """Reads the sides of one message, and collects their secrets by reference."""

    mechanism: Mechanism
    data_flow_id: str
    message_id: str
    secrets: dict[str, Mapping[str, SecretStr]] = field(
        default_factory=dict[str, Mapping[str, SecretStr]]
    )

    def read(
        self,
        target: Target,
        address: DataAddress | None,
        metadata: Mapping[str, Any],
        *,
        own: bool,
    ) -> Location | None:
        parsed = self.mechanism.read(target, address, metadata, own=own)
        if parsed is None:
            # Only how to get in is known; where to, the other side will say.
            credentials = self.mechanism.credentials(target, metadata)
            if not credentials:
                return None
            place = Location(mechanism=self.mechanism.name, fields={})
            parsed = Parsed(place, credentials)
        if not parsed.secrets:
            return parsed.location
        reference = secret_reference(self.data_flow_id, self.message_id, target)
        self.secrets[reference] = parsed.secrets
        return parsed.location.model_copy(update={"secret": reference})


def _reply_address(
    verb: str,
    mechanism: Mechanism,
    pull: bool,  # noqa: FBT001 (one of the two directions)
    source: Location | None,
    destination: Location | None,
) -> dict[str, Any] | None:
    """Push: the consumer tells where to; pull: the provider tells where from."""
    if (verb == "start") is not pull:
        return None
    own = source if pull else destination
    if own is None or not own.fields:
        side = "source" if pull else "destination"
        raise DataPlaneError(f"the {side} is not named", code="address.missing")
    return mechanism.write(own).wire()
