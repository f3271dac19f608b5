"""DP_P_PUSH: the provider's plane sends to the consumer."""

from tests.tck.control_plane import ControlPlane

PROFILE = "http-push"


async def test_dp_p_push_01_01(kit: ControlPlane) -> None:
    flow = await kit.start_push(PROFILE)
    assert flow.data_address is None
    await flow.reaches("STARTED")


async def test_dp_p_push_01_02(kit: ControlPlane) -> None:
    flow = await kit.start_push(PROFILE)
    assert flow.data_address is None
    await flow.reaches("STARTED")
    await flow.terminate()
    await flow.reaches("TERMINATED")


async def test_dp_p_push_02_01(kit: ControlPlane) -> None:
    flow = await kit.start_push(PROFILE)
    await flow.suspend()
    await flow.reaches("SUSPENDED")
    await flow.resume()
    await flow.reaches("STARTED")


async def test_dp_p_push_02_02(kit: ControlPlane) -> None:
    flow = await kit.start_push(PROFILE)
    await flow.suspend()
    await flow.reaches("SUSPENDED")
    await flow.terminate()
    await flow.reaches("TERMINATED")


async def test_dp_p_push_03_01(kit: ControlPlane) -> None:
    flow = await kit.start_push(f"finite-{PROFILE}")
    await flow.reaches("STARTED")
    completed = kit.expect("completed")
    await flow.calls_back(completed, "COMPLETED")


async def test_dp_p_push_04_01(kit: ControlPlane) -> None:
    started = kit.expect("started")
    flow = await kit.start_push(f"async-{PROFILE}", "STARTING")
    await flow.calls_back(started, "STARTED")
    await flow.reaches("STARTED")
