"""Turn by turn: each contender once a round, and every stored file compared."""

import hashlib
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.files.measures import CHUNK_BYTES, Body, Measure, address, post, put
from benchmarks.files.servers import NGINX, OURS, Server
from benchmarks.samples import Sample
from benchmarks.workloads import MIB


@dataclass(frozen=True)
class Took:
    """One turn: its seconds, and CPU seconds by who spent them.

    `records` are what the server keeps its records in.
    """

    seconds: float
    server: float
    records: float
    client: float


Results = dict[tuple[str, str], list[Took]]


class WrongBytesError(Exception):
    """What was stored is not what was sent: no figure counts."""


@dataclass
class Rounds:
    """Between these servers, with a file of this size in bytes."""

    home: Path
    servers: Mapping[str, Server]
    size_bytes: int
    results: Results = field(default_factory=Results)
    _made: int = 0

    def run(self, measure: Measure, rounds: int) -> None:
        """Measure; who goes first alternates."""
        stored = None if measure.stores else self._stored(measure)
        for number in range(rounds):
            contenders = list(measure.contenders)
            for name in contenders[:: -1 if number % 2 else 1]:
                body = stored or self._fresh()
                which, act = measure.contenders[name]
                server = self.servers[which]
                # What the turn before left to be written is not paid by this one.
                os.sync()
                before = server.cpu()
                sample = act(server, body)
                after = server.cpu()
                spent = {kind: after[kind] - before[kind] for kind in before}
                took = _took(sample, spent, server.name)
                self.results.setdefault((measure.name, name), []).append(took)
                print(_line(measure.name, name, took, self.size_bytes), flush=True)
                if measure.stores:
                    self._compare(server, body)
                    _clear(server)

    def _stored(self, measure: Measure) -> Body:
        """One file, at both places to download it from; each has read it once."""
        body = self._fresh()
        put(self.servers[NGINX], body)
        post(self.servers[OURS], body)
        for which, act in measure.contenders.values():
            act(self.servers[which], body)
        return body

    def _fresh(self) -> Body:
        """A file that no server has seen: the same bytes behind another beginning."""
        path = self.home / "body"
        if not path.exists():
            block = os.urandom(MIB)
            with path.open("wb") as file:
                for number in range(self.size_bytes // MIB):
                    file.write(number.to_bytes(8, "big") + block[8:])
        self._made += 1
        with path.open("r+b") as file:
            file.write(self._made.to_bytes(8, "big") + os.urandom(8))
        return Body(path, self.size_bytes, _digest(path), self._pieces(path))

    def _pieces(self, path: Path) -> list[Path]:
        folder = self.home / "pieces"
        folder.mkdir(exist_ok=True)
        pieces: list[Path] = []
        with path.open("rb") as file:
            for number in range(-(-self.size_bytes // CHUNK_BYTES)):
                piece = folder / str(number)
                data = file.read(CHUNK_BYTES)
                if number == 0 or not piece.exists():
                    piece.write_bytes(data)
                pieces.append(piece)
        return pieces

    def _compare(self, server: Server, body: Body) -> None:
        """Of ours, the id is the hash, and the bytes are read from the disk too."""
        found = [
            each
            for each in server.data.rglob("*")
            if each.is_file() and each.stat().st_size == body.size_bytes
        ]
        if [_digest(each) for each in found] != [body.sha256]:
            raise WrongBytesError(f"{server.name} does not hold the file once")
        if server.name == OURS and body.sha256 not in found[0].name:
            raise WrongBytesError(f"{address(server, body)} is not where it should be")


def _clear(server: Server) -> None:
    """Take the large files away behind its back: their deletion is not measured."""
    for each in server.data.rglob("*"):
        if each.is_file():
            each.unlink()


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _took(sample: Sample, spent: Mapping[str, float], server: str) -> Took:
    records = sum(value for kind, value in spent.items() if kind != server)
    return Took(sample.seconds, spent[server], records, sum(sample.cpu.values()))


def _line(measure: str, name: str, took: Took, size_bytes: int) -> str:
    rate = size_bytes / took.seconds / 1e6
    clock = time.strftime("%H:%M:%S")
    return (
        f"{clock} {measure:10}{name:18}{took.seconds:7.2f} s{rate:8.0f} MB/s"
        f"  CPU: server{took.server:6.2f} s, records{took.records:6.2f} s,"
        f" client{took.client:6.2f} s"
    )
