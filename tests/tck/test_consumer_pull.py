"""DP_C_PULL: the consumer's plane fetches from the provider."""

from tests.tck.control_plane import ControlPlane

PROFILE = "http-pull"


async def test_dp_c_pull_01_01(kit: ControlPlane) -> None:
    flow = await kit.prepare(PROFILE)
    assert flow.data_address is None
    await flow.started()
    await flow.reaches("STARTED")


async def test_dp_c_pull_01_02(kit: ControlPlane) -> None:
    flow = await kit.prepare(PROFILE)
    assert flow.data_address is None
    await flow.started()
    await flow.terminate()
    await flow.reaches("TERMINATED")


async def test_dp_c_pull_02_01(kit: ControlPlane) -> None:
    flow = await kit.prepare(PROFILE)
    assert flow.data_address is None
    await flow.started()
    await flow.suspend()
    await flow.reaches("SUSPENDED")
    await flow.resume()
    await flow.reaches("STARTED")


async def test_dp_c_pull_02_02(kit: ControlPlane) -> None:
    flow = await kit.prepare(PROFILE)
    await flow.started()
    await flow.suspend()
    await flow.reaches("SUSPENDED")
    await flow.terminate()
    await flow.reaches("TERMINATED")


async def test_dp_c_pull_03_01(kit: ControlPlane) -> None:
    flow = await kit.prepare(f"finite-{PROFILE}")
    await flow.reaches("PREPARED")
    await flow.started()
    await flow.reaches("STARTED")
    completed = kit.expect("completed")
    await flow.calls_back(completed, "COMPLETED")


async def test_dp_c_pull_04_01(kit: ControlPlane) -> None:
    prepared = kit.expect("prepared")
    flow = await kit.prepare(f"async-{PROFILE}", "PREPARING")
    assert flow.data_address is None
    await flow.calls_back(prepared, "PREPARED")
    await flow.reaches("PREPARED")
