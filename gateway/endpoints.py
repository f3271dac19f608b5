"""What is known of storage endpoints. Answered from the read models."""

from http import HTTPStatus
from typing import Final

from fastapi import APIRouter

from gateway.dependencies import Here
from gateway.problems import documented
from projections import endpoint_views, positions
from projections.endpoint_views import EndpointList

router = APIRouter(prefix="/management/endpoints", tags=["management"])

_REFUSALS: Final = documented(HTTPStatus.SERVICE_UNAVAILABLE)


@router.get("", responses=_REFUSALS)
async def endpoints(here: Here) -> EndpointList:
    """What each endpoint was seen to be able to do, whether it is there, its pace."""
    async with here.pool.connection() as connection:
        behind = await positions.lag(connection, "endpoint_health")
        return await endpoint_views.endpoints(connection, behind)
