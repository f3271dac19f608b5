"""What goes over the bus, for those who come by that door: `waybill.asyncapi` says."""

from importlib.resources import files
from typing import Final

from fastapi import APIRouter
from fastapi.responses import Response

router = APIRouter(tags=["operation"])

_DOCUMENT: Final = (files("gateway") / "asyncapi.json").read_bytes()


@router.get("/asyncapi.json", response_class=Response)
async def asyncapi() -> Response:
    """The AsyncAPI 3.0 document of the NATS subjects."""
    return Response(_DOCUMENT, media_type="application/json")
