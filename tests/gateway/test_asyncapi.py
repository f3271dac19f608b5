"""The document of the bus, for those who come by HTTP."""

import httpx

from tests.test_asyncapi import DOCUMENT


async def test_the_document_is_served(client: httpx.AsyncClient) -> None:
    answer = await client.get("/asyncapi.json")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == DOCUMENT
