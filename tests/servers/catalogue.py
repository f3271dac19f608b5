"""All servers by name."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.servers import programs
from tests.servers.ceph import ceph
from tests.services import S3Endpoint

_CEPH_GIB = 40


def _nothing() -> None:
    """What is deleted is gone at once."""


@dataclass(frozen=True)
class Running:
    """A server that runs; `tidy` frees the space of what was deleted."""

    endpoint: S3Endpoint
    tidy: Callable[[], None] = _nothing


Opening = Callable[[Path], AbstractContextManager[Running]]


@contextmanager
def _ceph(home: Path) -> Iterator[Running]:
    with ceph(home, size_gib=_CEPH_GIB) as made:
        keys = made.access_key, made.secret_key
        yield Running(S3Endpoint(made.endpoint, *keys, made.region), made.tidy)


def _of(program: Callable[[Path], AbstractContextManager[S3Endpoint]]) -> Opening:
    @contextmanager
    def opened(home: Path) -> Iterator[Running]:
        with program(home) as endpoint:
            yield Running(endpoint)

    return opened


SERVERS: Mapping[str, Opening] = {
    "swift": _of(programs.swift),
    "ceph": _ceph,
    "ministack": _of(programs.ministack),
    "moto": _of(programs.moto),
    "rclone": _of(programs.rclone),
    "s3rver": _of(programs.s3rver),
}
