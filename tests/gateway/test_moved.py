"""Timelines, uploads and sums are shown, with how far behind they are."""

import httpx

from tests import controls
from tests.gateway.test_refusals import assert_problem
from tests.projections.events import FLOW, MIB, part, planning, started
from tests.projections.story import Story


async def test_what_was_moved_is_shown(reader: httpx.AsyncClient, story: Story) -> None:
    uploads = [
        controls.upload_created(data_flow_id=FLOW, object_id=each, upload_id=each)
        for each in ("o", "p", "q")
    ]
    await story.happened(started(), planning(), *uploads, part("o-p0", 1))
    await story.project()
    answer = (await reader.get(f"/management/dataflows/{FLOW}/timeline")).json()
    assert answer["timeline"]["phase"] == "running"
    assert answer["timeline"]["rate"][0]["sizeBytes"] == 16 * MIB
    first = (await reader.get("/management/uploads", params={"limit": 2})).json()
    assert [each["uploadId"] for each in first["uploads"]] == ["q", "p"]
    chosen = {"before": first["next"], "state": "open", "dataFlowId": FLOW}
    rest = (await reader.get("/management/uploads", params=chosen)).json()
    assert [(each["parts"], each["state"]) for each in rest["uploads"]] == [(1, "open")]
    assert (rest["open"], rest["next"], rest["lag"]["positions"]) == (3, None, 0)
    per = {"per": ["day", "agreement"], "agreementId": "agreement-1"}
    (line,) = (await reader.get("/management/stats", params=per)).json()["lines"]
    assert (line["day"], line["sizeBytes"]) == ("2026-11-20", 16 * MIB)
    assert (line["counterPartyId"], line["flowsBegun"]) == (None, 1)


async def test_what_cannot_be_asked_is_refused(client: httpx.AsyncClient) -> None:
    refused = ("uploads?state=lost", "stats?per=hour", "stats?since=yesterday")
    for path in (*refused, "stats?until=0"):
        answer = await client.get(f"/management/{path}")
        assert_problem(answer, 400, "message.invalid")
    answer = await client.get("/management/dataflows/nobody/timeline")
    assert answer.status_code == 404
