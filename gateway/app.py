"""The application: its endpoints, and what is around them."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from gateway import audit, dataflows, health, management, refusals
from gateway.dependencies import Dependencies
from gateway.edge import Edge


def create_app(dependencies: Dependencies) -> FastAPI:
    """The application on these dependencies, which it opens and closes."""

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
    for module in (dataflows, management, audit, health):
        app.include_router(module.router)
    refusals.install(app)
    app.add_middleware(Edge, metrics=dependencies.metrics)
    return app
