"""Honest endpoints for the fast relay, plain and over TLS, and copiers between them."""

import asyncio
import hashlib
import ipaddress
import re
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import SecretStr

from domain.mechanisms.s3 import S3Address
from handlers.copiers import GivenAccess
from handlers.mechanisms.pair import Pair
from handlers.mechanisms.s3 import Integrity, RelayKind, S3Executor, S3Settings
from handlers.mechanisms.s3.fast.relay import FastRelay
from tests.handlers.lying import reply

BODY = bytes(range(256)) * 4096 * 5  # 5 MiB
ETAG = hashlib.md5(BODY, usedforsecurity=False).hexdigest()


Odd = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Shelf:
    """An honest endpoint: it gives `BODY`, and keeps what it is sent.

    It may be `odd` about one request or another, by their number from 1. It counts what
    does not begin like a request: a body that it had not read, sent on regardless.
    """

    def __init__(self) -> None:
        self.url = ""
        self.connections = 0
        self.got: list[bytes] = []
        self.heads: list[str] = []
        self.before_answers = b""
        self.after_answers = b""
        self.closes = False
        self.hangs_up_on: set[int] = set()
        self.odd: dict[int, Odd] = {}
        self.out_of_step = 0
        self.unfinished = 0
        self.block_bytes = 256 * 1024
        self.pause_seconds = 0.0

    async def serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.connections += 1
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                self.heads.append(head)
                if len(self.heads) in self.hangs_up_on:
                    break
                if not head.startswith(("GET /", "PUT /")):
                    self.out_of_step += 1
                    break
                if odd := self.odd.get(len(self.heads)):
                    await odd(reader, writer)
                else:
                    await self.answer(head, reader, writer)
                writer.write(self.after_answers)
                await writer.drain()
                if self.closes:
                    break
        except (
            ConnectionError,
            asyncio.IncompleteReadError,
            asyncio.LimitOverrunError,
        ):
            pass
        finally:
            writer.close()

    async def answer(
        self, head: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        if head.startswith("GET"):
            if "\r\nrange:" not in head.lower():
                writer.write(reply("200 OK", BODY, ETag=f'"{ETAG}"'))
                return
            first, last = self.asked(head)
            part = BODY[first : last + 1]
            spans = f"bytes {first}-{last}/{len(BODY)}"
            writer.write(
                reply("206 Partial", part, ETag=f'"{ETAG}"', Content_Range=spans)
            )
            return
        writer.write(self.before_answers)
        body, left = bytearray(), self.announced(head)
        while left:
            block = await reader.read(min(left, self.block_bytes))
            if not block:
                self.unfinished += 1
                raise ConnectionError
            body += block
            left -= len(block)
            await asyncio.sleep(self.pause_seconds)
        self.got.append(bytes(body))
        md5 = hashlib.md5(body, usedforsecurity=False).hexdigest()
        writer.write(reply("200 OK", ETag=f'"{md5}"'))

    @staticmethod
    def asked(head: str) -> tuple[int, int]:
        found = re.search(r"(?im)^range: bytes=(\d+)-(\d+)", head)
        assert found
        return int(found[1]), int(found[2])

    @staticmethod
    def announced(head: str) -> int:
        found = re.search(r"(?im)^content-length: (\d+)", head)
        assert found
        return int(found[1])


@asynccontextmanager
async def shelf(
    tls: ssl.SSLContext | None = None, made: Shelf | None = None
) -> AsyncIterator[Shelf]:
    made = made or Shelf()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0, ssl=tls)
    port = server.sockets[0].getsockname()[1]
    made.url = f"{'https' if tls else 'http'}://127.0.0.1:{port}"
    try:
        yield made
    finally:
        server.close()


@asynccontextmanager
async def relaying(
    source: str, destination: str, **settings: object
) -> AsyncIterator[Pair]:
    said = {"integrity": Integrity.MD5, "relay": RelayKind.FAST, **settings}
    executor = S3Executor(S3Settings(**said))  # type: ignore[arg-type]
    keys = {"access_key_id": SecretStr("k"), "secret_access_key": SecretStr("s")}
    from_, to = (
        S3Address(
            bucket="b", prefix="", endpoint_url=url, region="r", force_path_style=True
        ).location()
        for url in (source, destination)
    )
    async with (
        executor.open_source(from_, GivenAccess(keys)) as reads,
        executor.open_destination(to, GivenAccess(keys)) as writes,
    ):
        if said["integrity"] is Integrity.TRAILER:
            # A shelf takes whatever it is sent; this one passes for one that checks.
            writes._memory.refuses_wrong_trailer = True
        fast = isinstance(writes.relays_from(reads), FastRelay)
        assert fast == (said["relay"] is RelayKind.FAST)
        yield Pair(reads, writes)


def certificate(home: Path) -> ssl.SSLContext:
    """A server's context, for 127.0.0.1; `home` then has its `certificate.pem`."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    now = datetime.now(UTC)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    made = (
        x509.CertificateBuilder(name, name, key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .sign(key, hashes.SHA256())
    )
    files = home / "certificate.pem", home / "key.pem"
    files[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*files)
    return context
