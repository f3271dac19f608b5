"""The kit's ear: it hears once, only what it expects, and only what is valid."""

import json

import httpx

from tests.tck.callbacks import Callbacks

STATUS = {"messageId": "m-1", "dataFlowId": "tp-1", "state": "COMPLETED"}


async def test_only_an_expected_and_valid_callback_is_heard() -> None:
    async with (
        Callbacks.open() as callbacks,
        httpx.AsyncClient(base_url=callbacks.address) as plane,
    ):

        async def call(path: str, body: object) -> int:
            answer = await plane.post(path, content=json.dumps(body))
            return answer.status_code

        path = "/transfers/tp-1/dataflow/completed"
        assert await call(path, STATUS) == 404
        expected = callbacks.expect("completed")
        assert await call(f"/base{path}", STATUS) == 404
        assert await call(path, {"state": "COMPLETED"}) == 400
        assert await call(path, {**STATUS, "error": None}) == 400
        assert await call(path, STATUS) == 200
        assert await callbacks.hear(expected) == ("tp-1", STATUS)
        assert await call(path, STATUS) == 404
