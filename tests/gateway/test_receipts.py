"""Receipts of flows with more objects than a document should hold, and of none."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner, Result

from domain.message import Event
from domain.notary.statements import NOTHING, KeyStatement
from domain.receipts import Leaves, ReceiptFile, problems
from projections.notary import rows
from projections.notary.keys import Signer, introduction, verify_with, write_seeds
from tests.controls import NOW
from tests.gateway.serving import serving, settings, until_ready
from tests.gateway.test_refusals import assert_problem
from tests.projections.events import (
    FLOW,
    completed,
    done,
    leased,
    objects,
    outcome,
    pack_work,
    page,
    segment_planned,
    started,
)
from tests.projections.story import Story
from waybill.cli import app

OBJECTS = 1001
RECEIPT = f"/audit/dataflows/{FLOW}/receipt"


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    """Give the notary's key."""
    write_seeds(tmp_path / "notary.key", [b"\x05" * 32])
    return tmp_path / "notary.key"


@pytest.fixture
async def signing(
    story: Story, nats_url: str, key_file: Path
) -> AsyncIterator[httpx.AsyncClient]:
    """Give a client of a gateway with the key, whether or not it is known."""
    urls = {"database_url": story.url, "nats_url": nats_url}
    async with serving(settings(**urls, notary_key_file=key_file)) as client:
        await until_ready(client)
        yield client


async def known(story: Story, key_file: Path) -> None:
    """Let the notary introduce its key, as it does with its first seal."""
    signer = Signer.from_file(key_file)
    said = KeyStatement(
        key=signer.key_id,
        at=NOW,
        public_key=signer.public_key.hex(),
        new_key=signer.key_id,
        from_seal=1,
        previous=NOTHING,
    )
    async with story.log.pool.connection() as connection:
        signature = introduction(said.to_bytes(), signer, signer)
        await rows.store_key(connection, said, signature)


def copied(count: int) -> list[Event]:
    """Packs of a hundred objects, all of them copied."""
    told: list[Event] = [page()]
    for start in range(0, count, 100):
        names = [f"o{n:04}" for n in range(start, min(start + 100, count))]
        segment = f"0-k{start}"
        told += [
            segment_planned(segment, pack_work(*names)),
            leased(segment),
            objects(segment, *map(outcome, names)),
            done(segment),
        ]
    return told


async def waybill(*words: str) -> Result:
    """The command line, in a thread: the gateway is in this one."""
    return await asyncio.to_thread(CliRunner().invoke, app, list(words))


async def test_more_objects_than_a_document_holds_are_beside_it(
    signing: httpx.AsyncClient, story: Story, key_file: Path, tmp_path: Path
) -> None:
    await known(story, key_file)
    await story.happened(started(), *copied(OBJECTS), completed())
    receipt = ReceiptFile.model_validate_json((await signing.get(RECEIPT)).content)
    said = receipt.statement()
    assert (receipt.objects, said.lines, said.objects) == (None, OBJECTS, OBJECTS)
    assert problems(receipt, verify_with, [said.key]) == []
    leaves = Leaves()
    for line in (await signing.get(f"{RECEIPT}/objects")).content.splitlines():
        leaves.add(line)
    assert (len(leaves), leaves.digest()) == (OBJECTS, said.digest)

    file = tmp_path / "r.json"
    api = ("--api", str(signing.base_url))
    assert (await waybill("receipt", FLOW, "-o", str(file), *api)).exit_code == 0
    checked = await waybill("receipt", "verify", str(file))
    assert checked.exit_code == 0, checked.output
    assert f"with its {OBJECTS} objects" in checked.output
    beside = file.with_name("r.json.objects.jsonl")
    lines = beside.read_bytes().splitlines(keepends=True)
    beside.write_bytes(b"".join([*lines[1:], lines[1]]))
    assert (await waybill("receipt", "verify", str(file))).exit_code == 1
    beside.unlink()
    checked = await waybill("receipt", "verify", str(file))
    assert (checked.exit_code, "without its objects" in checked.output) == (0, True)


async def test_a_receipt_is_the_same_whenever_it_is_asked_for(
    signing: httpx.AsyncClient, story: Story, key_file: Path
) -> None:
    await known(story, key_file)
    await story.happened(started(), *copied(3), completed())
    first = (await signing.get(RECEIPT)).json()
    assert [each["key"] for each in first["objects"]] == [
        "out/o0000",
        "out/o0001",
        "out/o0002",
    ]
    await story.project()
    assert (await signing.get(RECEIPT)).json() == first
    keys = (await signing.get("/audit/keys")).json()
    assert (
        json.loads(keys["keys"][0]["statement"])["new_key"] == first["receipt"]["key"]
    )


async def test_what_has_no_receipt(
    signing: httpx.AsyncClient, story: Story, key_file: Path
) -> None:
    assert_problem(await signing.get(RECEIPT), 404, "flow.unknown")
    await story.happened(started())
    for path in (RECEIPT, f"{RECEIPT}/objects"):
        assert_problem(await signing.get(path), 409, "flow.not-completed")
    await story.happened(completed())
    # Nobody could check it: the notary has not introduced its key yet.
    assert_problem(await signing.get(RECEIPT), 503, "notary.no-key")
    await known(story, key_file)
    assert (await signing.get(RECEIPT)).json()["objects"] == []
