"""Who speaks MQTT hears what is on the bus, by the broker's own listener."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import nats
import pytest

from domain.names import progress_subject
from waybill.embedded.nats_program import nats_server_program
from waybill.embedded.ports import LOOPBACK, free_port, is_free
from waybill.embedded.process import Child

_PATIENCE_SECONDS = 10.0
_CONNECT, _CONNACK, _PUBLISH = 0x10, 0x20, 0x30
_SUBSCRIBE, _SUBACK = 0x82, 0x90
_VERSION_3_1_1, _CLEAN, _KEEP_ALIVE_SECONDS = 4, 2, 60


@pytest.fixture
async def ports(server_home: Path) -> AsyncIterator[tuple[int, int]]:
    """Give a broker's ports, for NATS and for MQTT: two lines more than without."""
    port, mqtt = free_port(), free_port()
    home = server_home / "mqtt"
    home.mkdir()
    said = home / "nats.conf"
    said.write_text(
        f"server_name: waybill\nlisten: {LOOPBACK}:{port}\n"
        f"jetstream {{ store_dir: {json.dumps(str(home / 'nats'))} }}\n"
        f"mqtt {{ listen: {LOOPBACK}:{mqtt} }}\n"
    )
    child = Child("nats", home)
    with child.claimed():
        child.start([str(nats_server_program()), "--config", str(said)])
    child.wait_until(lambda: not is_free(port) and not is_free(mqtt))
    yield port, mqtt
    child.stop()


async def test_a_subscriber_of_mqtt_hears_of_progress(ports: tuple[int, int]) -> None:
    port, mqtt = ports
    reader, writer = await asyncio.open_connection(LOOPBACK, mqtt)
    flags = bytes([_VERSION_3_1_1, _CLEAN, 0, _KEEP_ALIVE_SECONDS])
    writer.write(_packet(_CONNECT, _text("MQTT") + flags + _text("somebody")))
    kind, _ = await _read(reader)
    assert kind == _CONNACK
    writer.write(_packet(_SUBSCRIBE, b"\0\1" + _text("waybill/progress/+") + b"\0"))
    kind, _ = await _read(reader)
    assert kind == _SUBACK
    client = await nats.connect(f"nats://{LOOPBACK}:{port}")
    await client.publish(progress_subject("flow-1"), b'{"bytesTransferred": 1}')
    kind, body = await _read(reader)
    await client.close()
    writer.close()
    assert kind == _PUBLISH
    topic = progress_subject("flow-1").replace(".", "/")
    assert body == _text(topic) + b'{"bytesTransferred": 1}'


def _packet(kind: int, body: bytes) -> bytes:
    assert len(body) < 128, "lengths of more than one byte are not needed here"
    return bytes([kind, len(body)]) + body


def _text(words: str) -> bytes:
    return len(words).to_bytes(2, "big") + words.encode()


async def _read(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    async with asyncio.timeout(_PATIENCE_SECONDS):
        kind, length = await reader.readexactly(2)
        return kind, await reader.readexactly(length)
