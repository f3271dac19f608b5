"""What others need to check our word: exports, keys, and what checking comes to."""

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse

from domain.errors import DataPlaneError
from domain.notary.export import ExportCheck
from domain.notary.export_lines import signed
from domain.notary.statements import KeyStatement
from domain.notary.verdict import Verdict
from gateway import receipts
from gateway.dependencies import Dependencies, Here
from gateway.problems import documented
from gateway.wire import Identifier
from projections.notary import rows
from projections.notary.exporting import export
from projections.notary.keys import Signer, verify_with
from projections.notary.verifying import Trust
from projections.notary.whole import verify_log, witnessed
from projections.views import View

router = APIRouter(prefix="/audit", tags=["audit"])

NDJSON = "application/x-ndjson"
# So many lines are checked at once in a thread, while other requests are answered.
_AT_ONCE = 500
_PROBLEMS = documented(HTTPStatus.NOT_FOUND, HTTPStatus.SERVICE_UNAVAILABLE)
# One pass over the whole log is enough for one process.
_whole_log = asyncio.Lock()


class SignedText(View):
    """A statement, letter for letter as it was signed, and its signature in base64."""

    statement: str
    signature: str


class KeyList(View):
    """The notary's keys, each introduced by the one before; `current` is the last."""

    keys: tuple[SignedText, ...]
    current: str


@router.get("/keys", responses=_PROBLEMS)
async def keys(here: Here) -> KeyList:
    """The public keys. Who checks our signatures must compare one by another way."""
    async with here.pool.connection() as connection:
        found = await rows.keys(connection)
    known = [KeyStatement.read(each.statement) for each in found]
    last = known[-1] if known else None
    return KeyList(
        keys=tuple(
            SignedText(**signed(each.statement, each.signature)) for each in found
        ),
        current=last.new_key if last else "",
    )


@router.get("/verification", responses=_PROBLEMS)
async def verification(here: Here) -> Verdict:
    """Check the whole log against its seals and the witness; takes a while."""
    settings = here.settings
    signer = await asyncio.to_thread(Signer.of, settings.notary_key_file)
    async with _whole_log:
        return await verify_log(
            settings.database_url, settings.nats_url, Trust((signer.key_id,))
        )


@router.get(
    "/dataflows/{data_flow_id}/export",
    response_class=StreamingResponse,
    responses=_PROBLEMS | {200: {"content": {NDJSON: {}}}},
)
async def exported(
    data_flow_id: Identifier, here: Here, request: Request
) -> StreamingResponse:
    """A file that proves itself: events, seals, keys and receipt, as JSON lines."""
    lines = await _export(here, data_flow_id, request)
    # Refuses what cannot be exported before the first line is out.
    first = await anext(lines)
    name = quote(f"{data_flow_id}.waybill.jsonl", safe="")
    return StreamingResponse(
        _behind(first, lines),
        media_type=NDJSON,
        headers={"Content-Disposition": f"attachment; filename*=UTF-8''{name}"},
    )


@router.get("/dataflows/{data_flow_id}/verification", responses=_PROBLEMS)
async def flow_verification(
    data_flow_id: Identifier, here: Here, request: Request
) -> Verdict:
    """Whether this flow's events are as they were sealed: its export, checked here."""
    signer = await asyncio.to_thread(Signer.of, here.settings.notary_key_file)
    check = ExportCheck(verify_with, (signer.key_id,))
    batch: list[bytes] = []
    async with aclosing(await _export(here, data_flow_id, request)) as lines:
        async for line in lines:
            batch.append(line)
            if len(batch) >= _AT_ONCE:
                await here.folded(_check, check, batch)
                batch = []
    await here.folded(_check, check, batch)
    return check.verdict()


def _check(check: ExportCheck, lines: list[bytes]) -> None:
    for line in lines:
        check.line(line)


async def _export(
    here: Dependencies, data_flow_id: str, request: Request
) -> AsyncGenerator[bytes]:
    signer = await asyncio.to_thread(Signer.of, here.settings.notary_key_file)
    receipt = await _receipt(here, data_flow_id, request)
    known = await witnessed(here.pool, here.settings.nats_url)
    # It refuses when its first line is asked for.
    return export(here.pool, signer, data_flow_id, receipt, known)


async def _behind(first: bytes, lines: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    async with aclosing(lines):
        yield first
        async for line in lines:
            yield line


async def _receipt(
    here: Dependencies, data_flow_id: str, request: Request
) -> Mapping[str, Any] | None:
    """The receipt, of a flow that has one."""
    try:
        response = await receipts.receipt(data_flow_id, here, request)
    except DataPlaneError:
        return None
    found: Mapping[str, Any] = json.loads(bytes(response.body))
    return found
