"""The application: its endpoints, and what is around them."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from gateway import (
    asyncapi,
    audit,
    controlplanes,
    dataflows,
    endpoints,
    health,
    limits,
    management,
    refusals,
    reports,
)
from gateway.authorization import FOR_OPERATORS
from gateway.dependencies import Dependencies
from gateway.edge import Edge
from gateway.questions import Questions


def create_app(dependencies: Dependencies) -> FastAPI:
    """The application on these dependencies, which it opens and closes."""
    dependencies.bus.answer_with(Questions(dependencies).hear)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncGenerator[None]:
        await dependencies.pool.open(wait=False)
        try:
            async with dependencies.bus.running():
                yield
        finally:
            await dependencies.pool.close()

    app = FastAPI(
        title="Waybill",
        summary="A bulk data plane that speaks Data Plane Signaling",
        version="1",
        lifespan=lifespan,
    )
    app.state.dependencies = dependencies
    for module in (dataflows, controlplanes, asyncapi, health):
        app.include_router(module.router)
    for module in (management, limits, endpoints, reports, audit):
        app.include_router(module.router, dependencies=[FOR_OPERATORS])
    refusals.install(app)
    app.add_middleware(Edge, metrics=dependencies.metrics)
    return app
