"""The protocol's JSON to a domain command, with the secrets taken out."""

from collections.abc import Callable, Mapping, Sequence
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
    PrioritizeDataFlow,
    ResumeDataFlow,
    StartDataFlow,
    SuspendDataFlow,
    TerminateDataFlow,
)
from domain.data_flow.terms import Terms
from domain.errors import DataPlaneError, InvalidMessageError
from domain.location import Direction, Location
from domain.mechanisms import Mechanism, MechanismRegistry, Target
from domain.mechanisms.strangers import Strangers
from domain.signaling import CreatingMessage, FollowUpMessage, PriorityMessage
from eventlog import Append
from handlers.commands.datasets import Datasets
from handlers.commands.sides import Secrets, Sides


@dataclass(frozen=True)
class Intake:
    """A command, and the secrets that its locations refer to, by reference.

    `also` is recorded in the same transaction as what the command causes, or alone
    where it causes nothing more.
    """

    command: DataFlowCommand
    secrets: Secrets = field(default_factory=dict[str, Mapping[str, SecretStr]])
    also: Sequence[Append] = ()


@dataclass(frozen=True)
class Reader:
    """Reads messages with the mechanisms that this plane speaks."""

    registry: MechanismRegistry
    datasets: Datasets = field(default_factory=Datasets)
    strangers: Strangers = field(default_factory=Strangers)
    # Whether something has to be asked before any flow may begin.
    checks: bool = False

    def read(
        self, verb: str, body: object, flow: DataFlow, control_plane_id: str = ""
    ) -> Intake:
        """The command that the message of this control plane means to this flow.

        Raises the caller's errors: InvalidMessageError, UnsupportedProfileError,
        InvalidAddressError, and DataPlaneError `address.*`.
        """
        if verb in ("prepare", "start"):
            creating = CreatingMessage.read(body)
            return self._creating(verb, creating, control_plane_id)
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
            case "prioritize":
                said = PriorityMessage.read(body)
                return Intake(PrioritizeDataFlow(**same, priority=said.priority))
            case "started" | "resume":
                return self._relocating(verb, message, flow)
            case _:
                raise InvalidMessageError("there is no such signal")

    def _creating(
        self, verb: str, message: CreatingMessage, control_plane_id: str
    ) -> Intake:
        mechanism, direction = self.registry.for_profile(message.profile)
        pull, provider = direction is Direction.PULL, verb == "start"
        if message.data_address is not None and (pull or not provider):
            raise DataPlaneError(
                f"a {verb} of this profile carries no dataAddress",
                code="address.unexpected",
            )
        sides = self._sides(mechanism, message)
        address = (
            DataAddress.read(message.data_address) if message.data_address else None
        )
        source, destination = None, None
        if provider:
            source = sides.own(Target.SOURCE, message.metadata)
        elif pull:
            source = sides.others(Target.SOURCE, None, message.metadata)
        if not provider:
            destination = sides.own(Target.DESTINATION, message.metadata)
        elif not pull:
            destination = sides.others(Target.DESTINATION, address, message.metadata)
        own = source if provider else destination
        # Push: the consumer tells where to; pull: the provider tells where from.
        tells = provider is pull
        shape: dict[str, Any] = {
            "data_flow_id": message.data_flow_id,
            "message_id": message.message_id,
            "terms": _terms(message, control_plane_id),
            "direction": direction,
            "source": source,
            "destination": destination,
            "options": mechanism.options(message.profile, message.metadata),
            "reply_address": sides.offer(own, direction) if tells else None,
            "asynchronous": self.checks or mechanism.asynchronous(message.profile),
        }
        make: Callable[..., DataFlowCommand] = (
            StartDataFlow if provider else PrepareDataFlow
        )
        return Intake(make(**shape), sides.secrets)

    def _sides(self, mechanism: Mechanism, message: CreatingMessage) -> Sides:
        return Sides(
            self.registry,
            mechanism,
            message.data_flow_id,
            message.message_id or str(uuid7()),
            self.strangers,
            self.datasets.metadata(message.dataset_id, message.data_flow_id),
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
            message_id = message.message_id or str(uuid7())
            sides = Sides(
                self.registry,
                mechanism,
                message.data_flow_id,
                message_id,
                self.strangers,
            )
            target = Target.SOURCE if pull else Target.DESTINATION
            address = DataAddress.read(message.data_address)
            location, secrets = sides.others(target, address, {}), sides.secrets
        same: dict[str, Any] = {
            "data_flow_id": message.data_flow_id,
            "message_id": message.message_id,
        }
        if verb == "started":
            return Intake(ConfirmDataFlowStarted(**same, source=location), secrets)
        source, destination = (location, None) if pull else (None, location)
        command = ResumeDataFlow(**same, source=source, destination=destination)
        return Intake(command, secrets)


def _terms(message: CreatingMessage, control_plane_id: str) -> Terms:
    return Terms(
        participant_id=message.participant_id,
        counter_party_id=message.counter_party_id,
        dataspace_context=message.dataspace_context,
        agreement_id=message.agreement_id,
        dataset_id=message.dataset_id,
        profile=message.profile,
        labels=message.labels,
        callback_address=message.callback_address,
        control_plane_id=control_plane_id,
    )
