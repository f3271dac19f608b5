"""DP_P_PULL: the provider's plane says where its data is, and is fetched from."""

from tests.tck.control_plane import ControlPlane

PROFILE = "http-pull"


async def test_dp_p_pull_01_01(kit: ControlPlane) -> None:
    flow = await kit.start(PROFILE)
    assert flow.data_address is not None
    await flow.reaches("STARTED")
    await flow.completed()
    await flow.reaches("COMPLETED")


async def test_dp_p_pull_01_02(kit: ControlPlane) -> None:
    flow = await kit.start(PROFILE)
    assert flow.data_address is not None
    await flow.reaches("STARTED")
    await flow.terminate()
    await flow.reaches("TERMINATED")


async def test_dp_p_pull_02_01(kit: ControlPlane) -> None:
    flow = await kit.start(PROFILE)
    await flow.suspend()
    await flow.reaches("SUSPENDED")
    await flow.resume()
    await flow.reaches("STARTED")


async def test_dp_p_pull_02_02(kit: ControlPlane) -> None:
    flow = await kit.start(PROFILE)
    await flow.suspend()
    await flow.reaches("SUSPENDED")
    await flow.terminate()
    await flow.reaches("TERMINATED")


async def test_dp_p_pull_04_01(kit: ControlPlane) -> None:
    started = kit.expect("started")
    flow = await kit.start(f"async-{PROFILE}", "STARTING")
    await flow.calls_back(started, "STARTED")
    await flow.reaches("STARTED")
