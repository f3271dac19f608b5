"""
Both sides of a transfer get their receipts, and compare them without any server.

    provider's receipt ─┐
                        ├─ waybill reconcile → they agree
    consumer's receipt ─┘

Beside it: nothing that an auditor can ask for holds a secret of the flow.
"""

import json
import os
import uuid
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

from domain.data_flow import State
from projections.notary.keys import Signer, write_seeds
from tests import services
from tests.door.house import HTTP, House
from tests.scenarios import storage
from tests.scenarios.flows import SMALL_PARTS, Copy, told
from tests.scenarios.storage import MIB
from tests.services import BucketPair, TestServers
from waybill.cli import app
from waybill.cli.app import console

SIZES = {"in/small": 5, "in/deep/é [1]": 70_000, "in/empty": 0, "in/big": 12 * MIB}
PROCESSES = ("commands", "dispatcher", "worker", "door", "projections", "gateway")


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    """Give the notary's key."""
    write_seeds(tmp_path / "notary.key", [os.urandom(32)])
    return tmp_path / "notary.key"


@pytest.fixture
async def house(
    server_home: Path, servers: TestServers, key_file: Path
) -> AsyncIterator[House]:
    """Give a plane that is both sides of each transfer, with a notary."""
    home = server_home / f"house-{uuid.uuid4().hex[:8]}"
    await services.delete_streams(servers.nats_url)
    chosen = {
        "mechanism_options": json.dumps({"http": {"allow_http": True}}),
        "notary_key_file": str(key_file),
        "notary_seconds": "0.2",
    }
    with services.fresh_database(servers.database_url) as database:
        async with House.open(home, database, servers.nats_url, **chosen) as house:
            house.plane.start(*PROCESSES)
            await house.opened()
            yield house


def theirs(message: Mapping[str, Any]) -> dict[str, Any]:
    """The message as the other side's control plane sends it."""
    crossed = {"participantId": "did:web:them", "counterPartyId": "did:web:us"}
    return {**message, **crossed}


async def pushed(house: House, copy: Copy) -> None:
    """`push-consumer` opens the door, and the workers of `push-provider` send."""
    plane, profile = house.plane, f"{HTTP}-push"
    prepare = copy.creating("push-consumer", profile, copy.destination_side())
    expected = await plane.request("prepare", theirs(prepare))
    assert expected.status is not None, expected
    start = copy.creating(
        "push-provider", profile, {**copy.source_side(), **SMALL_PARTS}
    )
    address = expected.status.data_address
    reply = await plane.request("start", {**start, "dataAddress": address})
    assert reply.problem is None, reply
    await plane.reaches("push-provider", State.COMPLETED)
    await plane.request("started", told("push-consumer", "started"))
    done = await plane.request("completed", told("push-consumer", "completed"))
    assert done.problem is None, done


async def pulled(house: House, copy: Copy) -> None:
    """`pull-provider` opens the door, and the workers of `pull-consumer` read."""
    plane, profile = house.plane, f"{HTTP}-pull"
    start = copy.creating("pull-provider", profile, copy.source_side())
    offered = await plane.request("start", start)
    assert offered.status is not None, offered
    metadata = {**copy.destination_side(), **SMALL_PARTS}
    prepare = copy.creating("pull-consumer", profile, metadata)
    await plane.request("prepare", theirs(prepare))
    address = offered.status.data_address
    await plane.request(
        "started", told("pull-consumer", "started", dataAddress=address)
    )
    await plane.reaches("pull-consumer", State.COMPLETED)
    await plane.records("pull-provider", "delivery.object-served.v1", len(SIZES))
    await plane.request("completed", told("pull-provider", "completed"))


def waybill(house: House, *words: str) -> Result:
    """The command line, at the plane's gateway where it needs one."""
    environment = {"WAYBILL_API_BASE": house.plane.api_base}
    return CliRunner().invoke(app, list(words), env=environment)


async def receipt_of(house: House, flow: str, folder: Path) -> Path:
    file = folder / f"{flow}.json"

    async def written() -> bool:
        return waybill(house, "receipt", flow, "-o", str(file)).exit_code == 0

    # The notary has to have sealed something: before that nobody knows its key.
    await house.plane.until(f"a receipt of {flow}", written, flow)
    return file


async def test_the_receipts_of_both_sides_agree(
    house: House,
    bucket_pair: BucketPair,
    tmp_path: Path,
    key_file: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(console, "width", 200)
    await storage.seed(bucket_pair, SIZES)
    await pushed(house, Copy(bucket_pair, "in/", "out/"))
    await pulled(house, Copy(bucket_pair, "in/", "pulled/"))
    (tmp_path / "known").write_text(Signer.from_file(key_file).key_id)
    known = ("--keys", str(tmp_path / "known"))
    for way in ("push", "pull"):
        one = await receipt_of(house, f"{way}-provider", tmp_path)
        other = await receipt_of(house, f"{way}-consumer", tmp_path)
        assert waybill(house, "receipt", "verify", str(one), *known).exit_code == 0
        compared = waybill(house, "reconcile", str(one), str(other), *known)
        assert compared.exit_code == 0, compared.output
        assert "they agree (4 objects, 4 objects)" in compared.output
        said = json.loads(one.read_text())["receipt"]
        assert said["agreement_id"] == "agreement-1"
    _forged(house, tmp_path / "push-consumer.json", tmp_path / "push-provider.json")
    crossed = waybill(
        house,
        *("reconcile", "--json"),
        *(str(tmp_path / "push-provider.json"), str(tmp_path / "pull-provider.json")),
    )
    found = [json.loads(line)["what"] for line in crossed.stdout.splitlines()]
    assert (crossed.exit_code, found[:2]) == (1, ["direction", "role"])
    await _as_the_read_models_tell(house)
    await _nothing_secret(house, bucket_pair, tmp_path)


async def _as_the_read_models_tell(house: House) -> None:
    """The fold of all events, and the rows that were kept event by event."""
    for flow in ("push-provider", "push-consumer", "pull-provider", "pull-consumer"):

        async def same(flow: str = flow) -> bool:
            folded = json.loads(waybill(house, "at", flow, "100000", "--json").stdout)
            path = f"/management/dataflows/{flow}"
            status = (await house.plane.http("GET", path)).json()
            progress = (await house.plane.http("GET", f"{path}/progress")).json()
            rows = [status["flow"], progress["progress"]]
            return rows == [folded["flow"], folded["progress"]]

        await house.plane.until(f"the state of {flow} to be its rows", same, flow)


def _forged(house: House, file: Path, other: Path) -> None:
    """A size that was changed afterwards is found, and nothing is compared with it."""
    document = json.loads(file.read_text())
    document["objects"][0]["size_bytes"] += 1
    forged = file.with_name("forged.json")
    forged.write_text(json.dumps(document))
    checked = waybill(house, "receipt", "verify", str(forged))
    assert checked.exit_code == 1
    assert "its objects are not those that it was signed for" in checked.output
    assert waybill(house, "reconcile", str(forged), str(other)).exit_code == 2
    nobody = file.with_name("nobody")
    nobody.write_text("0" * 64)
    checked = waybill(house, "receipt", "verify", str(file), "--keys", str(nobody))
    assert checked.exit_code == 1


async def _nothing_secret(house: House, pair: BucketPair, folder: Path) -> None:
    """Each way to ask for what was, of flows that were given credentials."""
    told_all = [file.read_text() for file in folder.glob("*.json")]
    for flow in ("push-provider", "push-consumer", "pull-provider", "pull-consumer"):
        shown = [
            waybill(house, "history", flow, "--json"),
            waybill(house, "history", flow, "--long"),
            waybill(house, "at", flow, "100000", "--json"),
            waybill(house, "at", flow, "100000"),
            waybill(house, "why", flow),
            waybill(house, "receipt", flow),
        ]
        first = json.loads(shown[0].stdout.splitlines()[0])["position"]
        shown += [
            waybill(house, "diff", flow, str(first), "--json"),
            waybill(house, "at", flow, str(first), "--to", "100000"),
        ]
        assert [each.exit_code for each in shown] == [0] * len(shown)
        told_all += [each.output for each in shown]
        async with httpx.AsyncClient(base_url=house.plane.api_base) as client:
            batch = await client.get(
                f"/audit/dataflows/{flow}/events",
                headers={"Accept": "application/cloudevents-batch+json"},
            )
            told_all.append(batch.text)
    for secret in {pair.source.secret_key, pair.destination.secret_key}:
        assert not [text for text in told_all if secret in text]
    assert not [text for text in told_all if "Bearer" in text or "eyJ" in text]
