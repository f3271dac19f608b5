"""Control planes that stand in a file: registered at each start."""

import json
import logging
from pathlib import Path
from typing import cast

from domain.control_plane.messages import ControlPlaneRegistrationMessage
from domain.errors import InvalidMessageError
from handlers.access.control_planes import ControlPlanes
from handlers.settings import Settings

_log = logging.getLogger(__name__)

ACTOR = "configuration"


def read_file(path: Path) -> list[ControlPlaneRegistrationMessage]:
    """The file's registrations. Raises ValueError that repeats no value of it."""
    try:
        said = json.loads(path.read_text("utf-8"))
    except ValueError:
        msg = f"{path.name} is not JSON"
        raise ValueError(msg) from None
    if not isinstance(said, list):
        msg = f"{path.name} is not a list of registrations"
        raise ValueError(msg)  # noqa: TRY004 (a value of the file, not of the program)
    registrations = cast("list[object]", said)
    try:
        return [ControlPlaneRegistrationMessage.read(each) for each in registrations]
    except InvalidMessageError as error:
        msg = f"{path.name}: {error.detail}"
        raise ValueError(msg) from None


async def apply(planes: ControlPlanes, settings: Settings) -> None:
    """Register what the settings name. Others stay as they are."""
    if settings.control_planes_file is not None:
        for message in read_file(settings.control_planes_file):
            await planes.register(message, ACTOR)
    if settings.authorization == "required" and settings.control_plane_url:
        _log.warning(
            "WAYBILL_CONTROL_PLANE_URL means nothing where authorization is required: "
            "register the control plane"
        )
    if settings.authorization == "development":
        _log.warning(
            "AUTHORIZATION IS OFF (WAYBILL_AUTHORIZATION=development): "
            "everybody who reaches this plane may command it"
        )
        if settings.control_plane_url:
            said = {
                "controlplaneId": settings.control_plane_id,
                "endpoint": settings.control_plane_url,
            }
            message = ControlPlaneRegistrationMessage.read(said)
            await planes.register(message, ACTOR)
