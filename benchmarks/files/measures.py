"""What is asked of whom. Everybody's client is curl, told to do the same thing."""

import base64
import json
import os
import subprocess
import time
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks import programs
from benchmarks.files.servers import NGINX, OURS, TUSD, Server
from benchmarks.samples import Sample
from benchmarks.workloads import MIB

_CURL: Final = ("curl", "-sS", "-f", "-o", "/dev/null")
_TUS: Final = ("-H", "Tus-Resumable: 1.0.0")
CHUNK_BYTES: Final = 16 * MIB
_CHUNKS_AT_ONCE: Final = 4
_QUIET: Final = "--no-progress-meter"
RANGE_BYTES: Final = 64 * MIB


@dataclass(frozen=True)
class Body:
    """The file that travels: its place, size in bytes, SHA-256 in hex, its pieces."""

    path: Path
    size_bytes: int
    sha256: str
    pieces: Sequence[Path]


Act = Callable[[Server, Body], Sample]


@dataclass(frozen=True)
class Measure:
    """One thing that contenders do: by the name in the table, the server and the act.

    The first is what the others are compared with.
    """

    name: str
    contenders: Mapping[str, tuple[str, Act]]
    stores: bool


def put(server: Server, body: Body) -> Sample:
    """One WebDAV PUT."""
    return _run("-T", str(body.path), f"{server.url}/file")


def synced(act: Act) -> Act:
    """The same, and what it left in memory is on the disk too."""

    def both(server: Server, body: Body) -> Sample:
        began = time.monotonic()
        sample = act(server, body)
        for each in server.data.rglob("*"):
            if each.is_file() and each.stat().st_size == body.size_bytes:
                with each.open("rb") as stored:
                    os.fsync(stored.fileno())
        return Sample(time.monotonic() - began, sample.cpu, sample.peak_rss_bytes)

    return both


def post(server: Server, body: Body) -> Sample:
    """One POST to /files, whole."""
    length = f"Content-Length: {body.size_bytes}"
    head = ("-X", "POST", "-H", length, "-H", "Expect:", "-H", _OCTETS)
    return _run(*head, "-T", str(body.path), f"{server.url}/files")


def chunks(server: Server, body: Body) -> Sample:
    """Init, chunks with some in flight, complete: all of it timed."""
    began = time.monotonic()
    upload = _asked(
        f"{server.url}/v1/uploads/init",
        {
            "filename": body.path.name,
            "sizeBytes": body.size_bytes,
            "chunkSizeBytes": CHUNK_BYTES,
        },
    )
    base = f"{server.url}/v1/uploads/{upload['uploadId']}"
    transfers: list[str] = []
    for number, piece in enumerate(body.pieces):
        transfers += ["-o", "/dev/null", "-T", str(piece), f"{base}/chunks/{number}"]
    at_once = ("--parallel", "--parallel-max", str(_CHUNKS_AT_ONCE), _QUIET)
    sample = _run(*at_once, "-H", "Expect:", *transfers)
    _asked(f"{base}/complete", {})
    return Sample(time.monotonic() - began, sample.cpu, sample.peak_rss_bytes)


def tus(server: Server, body: Body) -> Sample:
    """An upload created, and all of its bytes in one PATCH."""
    began = time.monotonic()
    url = server.url if server.name == TUSD else f"{server.url}/tus"
    name = base64.b64encode(body.path.name.encode()).decode()
    created = subprocess.run(
        [
            *("curl", "-sS", "-f", "-i", "-X", "POST", *_TUS),
            *("-H", f"Upload-Length: {body.size_bytes}"),
            *("-H", f"Upload-Metadata: filename {name}", url),
        ],
        check=True,
        capture_output=True,
        text=True,
    )
    lines = (line.partition(": ") for line in created.stdout.splitlines())
    place = next(value for name, _, value in lines if name.lower() == "location")
    place = place if "://" in place else f"{server.url}{place}"
    sample = _run(
        *("-X", "PATCH", *_TUS, "-H", "Upload-Offset: 0", "-H", "Expect:"),
        *("-H", "Content-Type: application/offset+octet-stream"),
        *("-T", str(body.path), place),
    )
    return Sample(time.monotonic() - began, sample.cpu, sample.peak_rss_bytes)


def whole(server: Server, body: Body) -> Sample:
    """One GET of all of it."""
    return _run(address(server, body))


def ranged(server: Server, body: Body) -> Sample:
    """All of it, range by range, on one connection."""
    asked: list[str] = []
    for first in range(0, body.size_bytes, RANGE_BYTES):
        last = min(first + RANGE_BYTES, body.size_bytes) - 1
        next_one = ["--next", *_CURL[1:]] if asked else []
        asked += [*next_one, "-r", f"{first}-{last}", address(server, body)]
    return _run(*asked)


def address(server: Server, body: Body) -> str:
    """Where the file is after its upload."""
    if server.name == OURS:
        return f"{server.url}/files/{body.sha256}"
    return f"{server.url}/file"


def measures(*, with_tusd: bool) -> list[Measure]:
    """All of them, in their order."""
    tus_peer: dict[str, tuple[str, Act]] = {TUSD: (TUSD, tus)} if with_tusd else {}
    tus_synced = {f"{each}, synced": (TUSD, synced(tus)) for each in tus_peer}
    return [
        Measure(
            "upload",
            {
                NGINX: (NGINX, put),
                "nginx, synced": (NGINX, synced(put)),
                OURS: (OURS, post),
                "waybill, chunks": (OURS, chunks),
                "waybill, tus": (OURS, tus),
                **tus_peer,
            },
            stores=True,
        ),
        Measure(
            "tus",
            {**tus_peer, **tus_synced, OURS: (OURS, tus)},
            stores=True,
        ),
        Measure("download", {NGINX: (NGINX, whole), OURS: (OURS, whole)}, stores=False),
        Measure("ranges", {NGINX: (NGINX, ranged), OURS: (OURS, ranged)}, stores=False),
    ]


_OCTETS: Final = "Content-Type: application/octet-stream"


def _run(*arguments: str) -> Sample:
    return programs.measured("curl", [*_CURL, *arguments], {})


def _asked(url: str, said: Mapping[str, str | int]) -> dict[str, str]:
    request = urllib.request.Request(  # noqa: S310 - loopback
        url,
        data=json.dumps(said).encode(),
        headers={"Content-Type": "application/json"},
        method="POST",
    )
    with urllib.request.urlopen(request, timeout=600) as reply:  # noqa: S310
        answer: dict[str, str] = json.loads(reply.read())
    return answer
