"""The application: its endpoints, and what is around them."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from gateway import (
    asyncapi,
    audit,
    board,
    codes,
    controlplanes,
    dataflows,
    endpoints,
    files,
    health,
    limits,
    management,
    moved,
    page,
    parts,
    past,
    proof,
    receipts,
    refusals,
    reports,
    task_help,
    task_lists,
    tasks,
    timelines,
    why,
    workers,
)
from gateway.authorization import FOR_OPERATORS
from gateway.dependencies import Dependencies
from gateway.edge import Edge
from gateway.questions import Questions
from gateway.sites import OwnSite


def create_app(dependencies: Dependencies) -> FastAPI:
    """The application on these dependencies, which it opens and closes."""
    dependencies.bus.answer_with(Questions(dependencies).hear)
    dependencies.bus.listen_to_workers(dependencies.roll.hear)

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
    for module in (dataflows, controlplanes, asyncapi, files, health, page):
        app.include_router(module.router)
    for module in (management, limits, endpoints, reports, audit, moved, timelines):
        app.include_router(module.router, dependencies=[FOR_OPERATORS])
    for module in (past, why, receipts, proof):
        app.include_router(module.router, dependencies=[FOR_OPERATORS])
    for module in (board, codes, parts, workers):
        app.include_router(module.router, dependencies=[FOR_OPERATORS])
    app.include_router(files.lists, dependencies=[FOR_OPERATORS])
    for router in (
        task_help.router,
        task_lists.router,
        task_lists.operators,
        tasks.router,
    ):
        app.include_router(router)
    refusals.install(app)
    app.add_middleware(OwnSite)
    app.add_middleware(Edge, metrics=dependencies.metrics)
    return app
