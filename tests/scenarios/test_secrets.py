"""A credential is in the message that brought it, sealed while needed, then nowhere."""

import json
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from nats.aio.msg import Msg

from domain import names
from domain.data_flow import State
from tests.scenarios import database, storage
from tests.scenarios.control_plane import ControlPlane
from tests.scenarios.flows import PULL, PUSH, Copy, address, told
from tests.scenarios.plane import Plane
from tests.services import BucketPair
from waybill.embedded import EmbeddedNats

WRONG = "planted-wrong-secret-5f1c0f"
TOKEN = "planted-session-token-77ab12"
UNKNOWN = "planted-unknown-field-90cd34"
ALL = ("commands", "dispatcher", "worker", "projections", "gateway")
# What the plane says on the bus. What it is told there holds secrets by nature.
SAID = (
    names.TASK_SUBJECTS,
    names.CONTROL_SUBJECTS,
    names.WORKER_SUBJECTS,
    names.PROGRESS_SUBJECTS,
)


class Ears:
    """Everything that came out of the plane, as text."""

    def __init__(self) -> None:
        self.heard: dict[str, str] = {}

    def note(self, where: str, text: object) -> None:
        self.heard[f"{where} #{len(self.heard)}"] = str(text)

    async def on_bus(self, message: Msg) -> None:
        self.note(message.subject, message.data)


def planted(pair: BucketPair) -> tuple[str, ...]:
    return (pair.source.secret_key, pair.destination.secret_key, WRONG, TOKEN, UNKNOWN)


def found(secrets: Iterable[str], texts: dict[str, str]) -> list[str]:
    return [
        f"{secret} in {where}"
        for where, text in texts.items()
        for secret in secrets
        if secret in text
    ]


async def tables(plane: Plane) -> dict[str, str]:
    dumped = await database.dump(plane)
    assert "public.waybill_events" in dumped
    return {table: repr(rows) for table, rows in dumped.items()}


def files(folder: Path) -> dict[str, str]:
    texts = {
        str(path): path.read_bytes().decode("latin-1")
        for path in folder.rglob("*")
        if path.is_file()
    }
    assert any("TASK" in name for name in texts), "this is not where streams are kept"
    return texts


@contextmanager
def own_broker(server_home: Path) -> Iterator[EmbeddedNats]:
    """A broker whose files can be read."""
    with EmbeddedNats(server_home / f"broker-{uuid.uuid4().hex[:8]}") as broker:
        yield broker


async def all_fates(
    plane: Plane, pair: BucketPair, control: ControlPlane, ears: Ears
) -> None:
    """Flows by all doors, with secrets in all places, that end in all ways."""
    copy, signalled, posted, pulling = [
        Copy(pair, "in/", f"out-{number}/", {"apiToken": UNKNOWN}, control.url)
        for number in range(4)
    ]
    requested = copy.start("requested")
    requested["metadata"]["destinationSessionToken"] = TOKEN
    ears.note("reply", await plane.request("start", requested))
    ears.note("reply", await plane.signal("start", signalled.start("signalled")))
    response = await plane.http("POST", "/dataflows/start", posted.start("posted"))
    ears.note("http", response.text)
    to = address(pair.destination, pair.destination_bucket, "addressed/")
    addressed = copy.creating("addressed", PUSH, copy.source_side())
    ears.note("reply", await plane.request("start", {**addressed, "dataAddress": to}))
    pulled = pulling.creating("pulled", PULL, pulling.destination_side())
    ears.note("reply", await plane.signal("prepare", pulled))
    source = address(pair.source, pair.source_bucket, "in/")
    started = told("pulled", "started", dataAddress=source)
    ears.note("reply", await plane.signal("started", started))
    for flow in ("requested", "signalled", "posted", "addressed", "pulled"):
        await plane.reaches(flow, State.COMPLETED)


async def all_refusals(
    plane: Plane, pair: BucketPair, control: ControlPlane, ears: Ears
) -> None:
    """Messages that end in an error, or cannot even be read."""
    copy = Copy(pair, "in/", "out/", callback_address=control.url)
    wrong = replace(pair, source=replace(pair.source, secret_key=WRONG))
    failing = replace(copy, pair=wrong)
    ears.note("reply", await plane.signal("start", failing.start("failed")))
    await plane.records("failed", "callback.delivered.v1")
    garbled = {**failing.start("garbled"), "profile": 7, "callbackAddress": WRONG}
    ears.note("reply", await plane.request("start", garbled))
    ears.note("reply", await plane.signal("start", garbled))
    response = await plane.http("POST", "/dataflows/start", garbled)
    ears.note("http", response.text)


async def waiting_signal(plane: Plane, pair: BucketPair, broker: EmbeddedNats) -> None:
    """A signal that nobody has taken yet is on the broker's disk: so we look there."""
    copy = Copy(pair, "in/", "out/")
    body = copy.creating("waiting", PUSH, copy.destination_side())
    reply = await plane.request("prepare", body)
    assert reply.problem is None
    plane.pause("commands")
    source = address(pair.source, pair.source_bucket, TOKEN)
    message = json.dumps(told("waiting", "terminate", dataAddress=source)).encode()
    await plane.client.jetstream().publish(names.signal_subject("terminate"), message)

    async def on_disk() -> bool:
        return bool(found((TOKEN,), files(broker.home / "nats")))

    await plane.until("the signal to be on the disk", on_disk)
    plane.go_on("commands")
    await plane.reaches("waiting", State.TERMINATED)


async def questions(plane: Plane, ears: Ears) -> None:
    """What an operator can ask."""
    for path in (
        "/management/dataflows",
        "/management/dataflows/requested",
        "/management/dataflows/failed",
        "/dataflows/failed/status",
        "/metrics",
    ):
        response = await plane.http("GET", path)
        ears.note(path, response.text)


async def test_a_secret_is_nowhere(
    server_home: Path, database: str, bucket_pair: BucketPair
) -> None:
    await storage.seed(bucket_pair, {"in/a": 1000})
    ears = Ears()
    with own_broker(server_home) as broker:
        home = broker.home / "plane"
        async with (
            ControlPlane.open() as control,
            Plane.open(home, database, broker.url) as plane,
        ):
            for subject in SAID:
                await plane.client.subscribe(subject, cb=ears.on_bus)
            plane.start(*ALL)
            await waiting_signal(plane, bucket_pair, broker)
            await all_fates(plane, bucket_pair, control, ears)
            await all_refusals(plane, bucket_pair, control, ears)
            await questions(plane, ears)
            secrets = planted(bucket_pair)
            # While a flow needs them, they are sealed.
            sealed = await plane.rows("SELECT data_flow_id FROM secret.sealed")
            assert set(sealed) == {("failed",)}
            assert found(secrets, await tables(plane)) == []
            ears.note("reply", await plane.request("terminate", told("failed", "end")))
            await plane.cleaned_up()
            await plane.stop(*ALL)
            assert found(secrets, await tables(plane)) == []
            for call in control.calls:
                ears.note("callback", call.body)
            logs: dict[str, str] = {name: plane.output(name) for name in ALL}
        assert found(secrets, {**ears.heard, **logs}) == []
        broker.stop()
        assert found(secrets, files(broker.home / "nats")) == []


def test_the_search_finds() -> None:
    texts = {"a": "x" + TOKEN, "b": "nothing"}
    assert found((TOKEN, WRONG), texts) == [f"{TOKEN} in a"]
