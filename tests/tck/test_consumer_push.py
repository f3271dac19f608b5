"""DP_C_PUSH: the consumer's plane says where to, and is sent to."""

from tests.tck.control_plane import ControlPlane

PROFILE = "http-push"


async def test_dp_c_push_01_01(kit: ControlPlane) -> None:
    flow = await kit.prepare(PROFILE)
    assert flow.data_address is not None
    await flow.started()
    await flow.reaches("STARTED")


async def test_dp_c_push_01_02(kit: ControlPlane) -> None:
    flow = await kit.prepare(PROFILE)
    assert flow.data_address is not None
    await flow.started()
    await flow.terminate()
    await flow.reaches("TERMINATED")


async def test_dp_c_push_02_01(kit: ControlPlane) -> None:
    flow = await kit.prepare(PROFILE)
    assert flow.data_address is not None
    await flow.started()
    await flow.suspend()
    await flow.reaches("SUSPENDED")
    await flow.resume()
    await flow.reaches("STARTED")


async def test_dp_c_push_02_02(kit: ControlPlane) -> None:
    flow = await kit.prepare(PROFILE)
    assert flow.data_address is not None
    await flow.started()
    await flow.suspend()
    await flow.reaches("SUSPENDED")
    await flow.terminate()
    await flow.reaches("TERMINATED")


async def test_dp_c_push_03_01(kit: ControlPlane) -> None:
    flow = await kit.prepare(PROFILE)
    assert flow.data_address is not None
    await flow.started()
    await flow.reaches("STARTED")
    await flow.completed()
    await flow.reaches("COMPLETED")


async def test_dp_c_push_04_01(kit: ControlPlane) -> None:
    prepared = kit.expect("prepared")
    flow = await kit.prepare(f"async-{PROFILE}", "PREPARING")
    await flow.calls_back(prepared, "PREPARED")
    await flow.reaches("PREPARED")
