"""The signed receipt of a completed flow, and its objects."""

import asyncio
from base64 import b64encode
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from http import HTTPStatus
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import Response, StreamingResponse

from domain.data_flow.events import DataFlowCompleted
from domain.errors import NotaryKeyError
from domain.names import data_flow_stream
from domain.notary.key_chain import SignedKey
from domain.notary.statements import KeyStatement
from domain.receipts import ReceiptFile, ReceiptLine
from domain.receipts.file import SignedKeyText
from gateway.dependencies import Dependencies, Here
from gateway.problems import documented
from gateway.stored import stored_pages
from gateway.wire import Identifier
from projections.history_lines import Stored
from projections.log_reads import load_streams
from projections.notary import rows
from projections.notary.keys import Signer
from projections.receipts import ReceiptFold

router = APIRouter(prefix="/audit/dataflows", tags=["audit"])

NDJSON = "application/x-ndjson"
# More are asked for by themselves: a receipt is read as a whole.
WITH_OBJECTS: Final = 1000
_PROBLEMS = documented(
    HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.SERVICE_UNAVAILABLE
)


@router.get("/{data_flow_id}/receipt", response_model=ReceiptFile, responses=_PROBLEMS)
async def receipt(data_flow_id: Identifier, here: Here, request: Request) -> Response:
    """What was moved under which agreement, signed; with up to 1,000 objects."""
    fold, lines = ReceiptFold(), list[ReceiptLine]()
    async with aclosing(_folded(here, data_flow_id, fold, request)) as pages:
        async for page in pages:
            # Of more none are told: no more need to be kept.
            lines += page[: WITH_OBJECTS - len(lines)]
    fold.require_completed()
    signer = await asyncio.to_thread(Signer.of, here.settings.notary_key_file)
    statement = await here.folded(fold.statement, signer.key_id)
    signature = signer.sign(statement.to_bytes())
    keys = await _keys(here, signer.key_id)
    objects = [line.model_dump(mode="json") for line in lines]
    file = ReceiptFile(
        receipt=statement.model_dump(mode="json"),
        signature=b64encode(signature.value).decode(),
        keys=tuple(map(_text, keys)),
        objects=tuple(objects) if len(lines) == statement.lines else None,
    )
    return Response(file.model_dump_json(), media_type="application/json")


@router.get(
    "/{data_flow_id}/receipt/objects",
    response_class=StreamingResponse,
    responses=_PROBLEMS | {200: {"content": {NDJSON: {}}}},
)
async def receipt_objects(
    data_flow_id: Identifier, here: Here, request: Request
) -> StreamingResponse:
    """All lines that the receipt's digest is of, in the order of the log."""
    if not await _completed(here, data_flow_id):
        # Tells what it is instead, before the first line.
        fold = ReceiptFold()
        async with aclosing(_folded(here, data_flow_id, fold, request)) as pages:
            async for _ in pages:
                pass
        fold.require_completed()
    return StreamingResponse(_written(here, data_flow_id), media_type=NDJSON)


async def _completed(here: Dependencies, data_flow_id: str) -> bool:
    stream = data_flow_stream(data_flow_id)
    async with here.pool.connection() as connection:
        found = await load_streams(connection, [stream])
    events = found.get(stream, ())
    return any(isinstance(each.event, DataFlowCompleted) for each in events)


async def _written(here: Dependencies, data_flow_id: str) -> AsyncGenerator[bytes]:
    async with aclosing(_folded(here, data_flow_id, ReceiptFold())) as pages:
        async for page in pages:
            yield b"".join(line.to_bytes() + b"\n" for line in page)


async def _folded(
    here: Dependencies,
    data_flow_id: str,
    fold: ReceiptFold,
    request: Request | None = None,
) -> AsyncGenerator[list[ReceiptLine]]:
    async with aclosing(stored_pages(here, data_flow_id, request=request)) as pages:
        async for page in pages:
            yield await here.folded(_add, fold, page)
            if fold.done:
                return


def _add(fold: ReceiptFold, page: Sequence[Stored]) -> list[ReceiptLine]:
    return [line for stored in page for line in fold.add(stored.recorded())]


async def _keys(here: Dependencies, key_id: str) -> list[SignedKey]:
    async with here.pool.connection() as connection:
        keys = await rows.keys(connection)
    known = [KeyStatement.read(each.statement) for each in keys]
    if not any(each is not None and each.new_key == key_id for each in known):
        # Nobody could check the receipt: the notary has not sealed with it yet.
        raise NotaryKeyError("the notary does not know this key yet")
    return keys


def _text(key: SignedKey) -> SignedKeyText:
    signature = b64encode(key.signature).decode()
    return SignedKeyText(statement=key.statement.decode(), signature=signature)
