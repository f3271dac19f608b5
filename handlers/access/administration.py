"""What an operator may do on the bus: register control planes, and look at them."""

import json
from dataclasses import dataclass

from domain import names
from domain.control_plane import ControlPlane
from domain.control_plane.messages import (
    ControlPlaneId,
    ControlPlaneRegistrationMessage,
)
from domain.errors import InvalidMessageError
from domain.signaling import ControlPlaneSummary, IncomingMessage, Reply
from handlers.access.asked import Asked
from handlers.access.control_planes import ControlPlanes
from handlers.access.gate import Gate
from handlers.commands.handle import Outcome

VERBS = frozenset(
    {
        names.REGISTER_CONTROL_PLANE,
        names.DEREGISTER_CONTROL_PLANE,
        names.LIST_CONTROL_PLANES,
    }
)


class _Deregistration(IncomingMessage):
    controlplane_id: ControlPlaneId


@dataclass(frozen=True)
class Administration:
    """By request only: a durable message would keep a client's secret on a disk."""

    gate: Gate
    planes: ControlPlanes

    async def answer(self, asked: Asked, body: bytes) -> Reply:
        """Do it. Raises AccessError for who is no operator, and the caller's errors."""
        actor = self.gate.operator(asked)
        match asked.verb:
            case names.REGISTER_CONTROL_PLANE:
                message = ControlPlaneRegistrationMessage.read(_json(body))
                changed = await self.planes.register(message, actor)
                return Reply(outcome=Outcome.HANDLED if changed else Outcome.IGNORED)
            case names.DEREGISTER_CONTROL_PLANE:
                named = _Deregistration.read(_json(body))
                await self.planes.deregister(named.controlplane_id, actor)
                return Reply(outcome=Outcome.HANDLED)
            case _:
                found = await self.planes.all()
                shown = tuple(_summary(each) for each in found)
                return Reply(outcome=Outcome.HANDLED, control_planes=shown)


def _summary(plane: ControlPlane) -> ControlPlaneSummary:
    return ControlPlaneSummary(
        controlplane_id=plane.control_plane_id,
        endpoint=plane.endpoint,
        authorization_type=plane.authorization and plane.authorization.type,
    )


def _json(body: bytes) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise InvalidMessageError("the message is not JSON") from None
