"""A tus client that does one request at a time, and one that breaks off."""

import asyncio

import httpx

from tests.files.upload_server import ANN, Server, some_bytes

DATA = some_bytes(700_000, seed=2)
TUS = {"Tus-Resumable": "1.0.0", **ANN}
PATCH = {**TUS, "Content-Type": "application/offset+octet-stream"}
CHECKPOINT = 64 * 1024


async def created(server: Server, size: int, **headers: str) -> str:
    """Where it is."""
    answer = await server.client.post(
        "/tus", headers={**TUS, "Upload-Length": str(size), **headers}
    )
    assert answer.status_code == 201, answer.text
    assert answer.headers["Tus-Resumable"] == "1.0.0"
    assert "Upload-Expires" in answer.headers
    return str(answer.headers["Location"])


async def patched(
    server: Server, url: str, offset: int, data: bytes, **headers: str
) -> httpx.Response:
    return await server.client.patch(
        url, content=data, headers={**PATCH, "Upload-Offset": str(offset), **headers}
    )


async def begun(
    server: Server,
    url: str,
    data: bytes,
    announced: int = len(DATA),
    method: str = "PATCH",
) -> asyncio.StreamWriter:
    """A request that announces so many bytes and sends only these."""
    _, writer = await asyncio.open_connection("127.0.0.1", server.port)
    head = {**PATCH, "Upload-Offset": "0", "Content-Length": str(announced)}
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    writer.write(f"{method} {url} HTTP/1.1\r\nHost: a\r\n{lines}\r\n".encode() + data)
    await writer.drain()
    return writer
