"""A page of another site cannot make a browser change anything here."""

import httpx
import pytest

from tests.gateway.messages import FLOW, creation
from tests.gateway.peer import Peer
from tests.gateway.test_refusals import assert_problem

_TERMINATE = f"/dataflows/{FLOW}/terminate"
_BODY = b'{"messageId":"m2"}'


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
async def test_what_a_page_elsewhere_asks_for_is_refused_unless_it_only_looks(
    client: httpx.AsyncClient, peer: Peer, site: str
) -> None:
    # As a form of any site may send it: no preflight asks before.
    headers = {"Content-Type": "text/plain", "Sec-Fetch-Site": site}
    answer = await client.post(_TERMINATE, content=_BODY, headers=headers)
    assert_problem(answer, 403, "access.cross-site")
    for method in ("PUT", "DELETE"):
        limits = await client.request(
            method, "/management/limits/plane", headers=headers
        )
        assert_problem(limits, 403, "access.cross-site")
    assert peer.received == []
    assert (await client.get("/ui/", headers=headers)).status_code == 200


@pytest.mark.parametrize("site", ["same-origin", "none", ""])
async def test_the_own_page_and_programs_are_heard(
    client: httpx.AsyncClient, peer: Peer, site: str
) -> None:
    headers = {"Sec-Fetch-Site": site} if site else {}
    await client.post("/dataflows/start", json=creation(), headers=headers)
    answer = await client.post(_TERMINATE, content=_BODY, headers=headers)
    assert answer.status_code == 200, answer.text
    assert len(peer.received) == 2
