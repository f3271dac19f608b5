"""What an operator, or the configuration, may say of a control plane."""

from domain.control_plane.authorization import Authorization
from domain.message import Message


class RegisterControlPlane(Message):
    """It is this, whatever it was before. `secret` names the client's, sealed."""

    control_plane_id: str
    endpoint: str
    authorization: Authorization | None
    secret: str | None


class DeregisterControlPlane(Message):
    """It may tell us nothing any more."""

    control_plane_id: str


ControlPlaneCommand = RegisterControlPlane | DeregisterControlPlane
