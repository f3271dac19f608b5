"""Is it alive, is it ready, and how is it doing?"""

from http import HTTPStatus
from typing import Any

import psycopg
from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel

from gateway.dependencies import Dependencies, Here
from projections import positions

router = APIRouter(tags=["operation"])


class Check(BaseModel):
    """One thing that must be in order."""

    ok: bool
    detail: str = ""


class Readiness(BaseModel):
    """All of them."""

    ready: bool
    checks: dict[str, Check]


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """The process answers."""
    return {"status": "alive"}


_RED: dict[int | str, dict[str, Any]] = {
    503: {"model": Readiness, "description": "Not ready"}
}


@router.get("/readyz", response_model=Readiness, responses=_RED)
async def readyz(here: Here) -> Response:
    """Broker and database answer, and the read models are not far behind."""
    checks = {"nats": _broker(here), **await _database(here)}
    ready = all(each.ok for each in checks.values())
    status = HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE
    body = Readiness(ready=ready, checks=checks)
    return JSONResponse(body.model_dump(), status)


@router.get("/metrics", response_class=Response)
async def metrics(here: Here) -> Response:
    """Metrics for Prometheus. Without a database, only our own."""
    here.metrics.broker_up.set(here.bus.connected)
    try:
        async with here.pool.connection() as connection:
            await here.metrics.refresh(connection)
        here.metrics.database_up.set(1)
    except psycopg.Error:
        here.metrics.database_up.set(0)
    return Response(
        generate_latest(here.metrics.registry), media_type=CONTENT_TYPE_LATEST
    )


def _broker(here: Dependencies) -> Check:
    if here.bus.connected:
        return Check(ok=True)
    return Check(ok=False, detail="not connected")


async def _database(here: Dependencies) -> dict[str, Check]:
    try:
        async with here.pool.connection() as connection:
            behind = await positions.lags(connection)
    except psycopg.OperationalError:
        return {"postgres": Check(ok=False, detail="not connected")}
    except psycopg.Error as error:
        missing = Check(ok=False, detail=type(error).__name__)
        return {"postgres": Check(ok=True), "projections": missing}
    limit = here.settings.ready_max_lag_seconds
    late = [name for name, lag in behind.items() if lag.seconds > limit]
    detail = f"more than {limit:g} s behind: {', '.join(late)}" if late else ""
    return {
        "postgres": Check(ok=True),
        "projections": Check(ok=not late, detail=detail),
    }
