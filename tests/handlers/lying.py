"""An endpoint that answers as a test tells it to: one answer per request head."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

Answer = Callable[[str, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Liar:
    """Where it is, the request heads that it got, and how many connections are open."""

    url: str
    heads: list[str] = field(default_factory=list[str])
    open_connections: int = 0
    closed: asyncio.Event = field(default_factory=asyncio.Event)


@asynccontextmanager
async def lying(answer: Answer) -> AsyncIterator[Liar]:
    """Serve `answer` until the block ends; it reads no request body."""
    liar = Liar("")

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        liar.open_connections += 1
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            liar.heads.append(head)
            await answer(head, writer)
            await writer.drain()
            await reader.read()  # until the other side hangs up
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()
            liar.open_connections -= 1
            liar.closed.set()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    liar.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield liar
    finally:
        server.close()
        await server.wait_closed()


def reply(status: str, body: bytes = b"", /, **headers: str) -> bytes:
    """A whole answer, as bytes."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def partial(announced: int, sent: bytes, etag: str) -> bytes:
    """The answer to a range of `announced` bytes from 0, with this body."""
    return (
        f"HTTP/1.1 206 Partial Content\r\nContent-Length: {announced}\r\n"
        f'ETag: "{etag}"\r\nContent-Range: bytes 0-{announced - 1}/{announced}\r\n\r\n'
    ).encode() + sent
