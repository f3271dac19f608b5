"""What must be asked before a flow begins: the agreement, and the operator's veto."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from domain.data_flow import State
from domain.data_flow.events import DataFlowReady
from tests.scenarios.control_plane import ControlPlane
from tests.scenarios.flows import PUSH, Copy, told
from tests.scenarios.ground import Ground
from tests.scenarios.plane import ROOT, Plane
from waybill.embedded.ports import LOOPBACK, free_port

Answer = Callable[[web.BaseRequest], Awaitable[web.Response]]
_ROLES = ("commands", "dispatcher", "projections")


@pytest.fixture
def export_list(tmp_path: Path) -> Path:
    """Give the file that the check reads; nobody is on it."""
    listed = tmp_path / "export-list"
    listed.write_text("")
    return listed


@pytest.fixture
async def vetoed(ground: Ground, export_list: Path) -> AsyncIterator[Plane]:
    """Give a plane with a check from outside."""
    async with Plane.open(ground.home, ground.database_url, ground.nats_url) as plane:
        outside = ROOT / "examples" / "export_list"
        plane.environment["PYTHONPATH"] = f"{ROOT}:{outside}"
        plane.environment["EXPORT_LIST"] = str(export_list)
        plane.start(*_ROLES)
        yield plane


async def test_a_check_from_outside_can_refuse(
    vetoed: Plane, ground: Ground, flow: str
) -> None:
    async with ControlPlane.open() as control:
        copy = Copy(ground.pair, "in/", "out/", callback_address=control.url)
        begun = await vetoed.request("start", copy.start(flow, PUSH))
        assert begun.status is not None
        assert begun.status.state == "STARTING"

        async def refused() -> bool:
            return len(control.accepted) == 1

        await vetoed.until("the control plane to hear of it", refused, flow)
        (call,) = control.accepted
        assert call.path == f"/transfers/{flow}/dataflow/errored"
        assert call.body["state"] == "STARTING"
        assert call.body["error"].startswith("policy.refused: the counter-party")
        ended = await vetoed.request("terminate", told(flow, "terminate"))
        assert ended.status is not None
        assert ended.status.state == "TERMINATED"
        await vetoed.cleaned_up()


async def test_what_no_check_refuses_begins(
    vetoed: Plane, ground: Ground, flow: str, export_list: Path
) -> None:
    export_list.write_text("did:web:them\n")
    async with ControlPlane.open() as control:
        copy = Copy(ground.pair, "in/", "out/", callback_address=control.url)
        await vetoed.request("start", copy.start(flow, PUSH))
        # The bucket is empty, so that nothing is left to do once it has begun.
        await vetoed.reaches(flow, State.COMPLETED)

        async def told_of_both() -> bool:
            return len(control.accepted) == 2

        await vetoed.until("both callbacks", told_of_both, flow)
    kinds = [call.path.rsplit("/", 1)[1] for call in control.accepted]
    assert kinds == ["started", "completed"]


async def test_a_check_that_does_not_know_yet_is_asked_again(
    vetoed: Plane, ground: Ground, flow: str, export_list: Path
) -> None:
    export_list.unlink()
    copy = Copy(ground.pair, "in/", "out/")
    await vetoed.request("start", copy.start(flow, PUSH))
    export_list.write_text("did:web:them")
    await vetoed.reaches(flow, State.COMPLETED)


@asynccontextmanager
async def serving(answer: Answer) -> AsyncIterator[str]:
    """A control plane that answers so, and where it is."""
    runner = web.ServerRunner(web.Server(answer), shutdown_timeout=1)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, LOOPBACK, port).start()
    try:
        yield f"http://{LOOPBACK}:{port}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def agreeing(ground: Ground, control_plane_url: str) -> AsyncIterator[Plane]:
    """A plane that asks the control plane there for each agreement."""
    async with Plane.open(
        ground.home,
        ground.database_url,
        ground.nats_url,
        control_plane_url=control_plane_url,
        fetch_agreement="true",
    ) as plane:
        plane.start(*_ROLES)
        yield plane


async def test_a_flow_whose_agreement_is_refused_does_not_begin(
    ground: Ground, flow: str
) -> None:
    async def answer(_: web.BaseRequest) -> web.Response:
        return web.Response(status=404)

    async with serving(answer) as url, agreeing(ground, url) as plane:
        copy = Copy(ground.pair, "in/", "out/")
        await plane.request("start", copy.start(flow, PUSH))
        await plane.records(flow, "data-flow.errored.v1")
        refused = await plane.flow(flow)
        assert (refused.state, refused.error) == (
            State.STARTING,
            "agreement.unavailable",
        )


async def test_the_agreement_is_kept_beside_what_is_done(
    ground: Ground, flow: str
) -> None:
    agreement = {"@id": "agreement-1", "@type": "Agreement", "target": "dataset-1"}
    asked: list[str] = []

    async def answer(request: web.BaseRequest) -> web.Response:
        asked.append(request.path)
        if len(asked) == 1:
            return web.Response(status=503)
        return web.json_response(agreement)

    async with serving(answer) as url, agreeing(ground, url) as plane:
        copy = Copy(ground.pair, "in/", "out/")
        await plane.request("start", copy.start(flow, PUSH))
        await plane.reaches(flow, State.COMPLETED)
        events = [each.event for each in await plane.events(flow)]
    (ready,) = [each for each in events if isinstance(each, DataFlowReady)]
    assert ready.agreement == agreement
    assert set(asked[:2]) == {f"/transfers/{flow}/agreement"}
