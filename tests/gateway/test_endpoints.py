"""What is known of endpoints is shown, with how many at once help between them."""

import httpx

from tests import controls
from tests.projections.story import Story


async def test_endpoints_and_pairs_are_shown(
    reader: httpx.AsyncClient, story: Story
) -> None:
    await story.happened(
        controls.endpoint_learned(),
        controls.circuit_opened(),
        controls.concurrency_tuned(),
    )
    await story.project()
    answer = (await reader.get("/management/endpoints")).json()
    (endpoint,) = answer["endpoints"]
    assert endpoint["endpoint"] == "s3.example:9000"
    assert endpoint["capabilities"] == {
        "checksum-trailers": True,
        "crc64nvme-of-parts": False,
    }
    assert (endpoint["circuit"], endpoint["requestsAtOnce"]) == ("open", None)
    (pair,) = answer["pairs"]
    assert (pair["source"], pair["requestsAtOnce"]) == ("s3.example:9000", 32)
    assert answer["lag"]["positions"] == 0
    metrics = (await reader.get("/metrics")).text
    assert "waybill_endpoints_away 1.0" in metrics
    assert "waybill_requests_at_once_most 32.0" in metrics
