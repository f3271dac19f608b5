"""Starts each server on a port of its own, with nothing in it."""

import os
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.servers.installing import from_npm, from_pypi
from tests.services import S3Endpoint
from waybill.embedded import EmbeddedS3
from waybill.embedded.ports import LOOPBACK, free_port
from waybill.embedded.process import Child

_STOP_SECONDS = 5.0
_KEYS = ("waybill", "waybill-secret")


@contextmanager
def swift(home: Path) -> Iterator[S3Endpoint]:
    """OpenStack Swift with s3api, as `waybill up` has it."""
    with EmbeddedS3(home, "swift") as server:
        yield S3Endpoint.of(server)


@contextmanager
def moto(home: Path) -> Iterator[S3Endpoint]:
    """Moto's server: objects in memory, no access control."""
    port = free_port()
    program = str(from_pypi("moto") / "moto_server")
    command = [program, "--host", LOOPBACK, "--port", str(port)]
    with _running("moto", home, command, port) as url:
        yield S3Endpoint(url, *_KEYS)


@contextmanager
def ministack(home: Path) -> Iterator[S3Endpoint]:
    """MiniStack: objects in memory, requests have to be signed."""
    port = free_port()
    command = [str(from_pypi("ministack") / "ministack")]
    said = {
        "GATEWAY_PORT": str(port),
        "EDGE_PORT": str(port),
        "AUTH": "true",
        "SERVICES": "s3,iam,sts",
    }
    with _running("ministack", home, command, port, said) as url:
        yield S3Endpoint(url, "test", "test")


@contextmanager
def rclone(home: Path) -> Iterator[S3Endpoint]:
    """`rclone serve s3`: buckets are folders of a file system."""
    port = free_port()
    data = home / "data"
    data.mkdir(parents=True, exist_ok=True)
    command = [
        *(str(from_pypi("rclone") / "rclone"), "serve", "s3", str(data)),
        *("--addr", f"{LOOPBACK}:{port}", "--auth-key", ",".join(_KEYS)),
        *("--config", str(home / "rclone.conf"), "--cache-dir", str(home / "cache")),
    ]
    with _running("rclone", home, command, port) as url:
        yield S3Endpoint(url, *_KEYS)


@contextmanager
def s3rver(home: Path) -> Iterator[S3Endpoint]:
    """s3rver: objects are files; its one user has the name of the program."""
    port = free_port()
    data = home / "data"
    data.mkdir(parents=True, exist_ok=True)
    command = [
        *(str(from_npm("s3rver") / "s3rver"), "--silent", "--directory", str(data)),
        *("--address", LOOPBACK, "--port", str(port)),
    ]
    with _running("s3rver", home, command, port) as url:
        yield S3Endpoint(url, "S3RVER", "S3RVER")


@contextmanager
def _running(
    name: str,
    home: Path,
    command: Sequence[str],
    port: int,
    said: Mapping[str, str] | None = None,
) -> Iterator[str]:
    url = f"http://{LOOPBACK}:{port}"
    child = Child(name, home)
    # Large bodies of some servers go to temporary files: they are to go with the home.
    environment = {**os.environ, "TMPDIR": str(home), **(said or {})}
    with child.claimed():
        child.start(command, environment=environment)
    child.wait_until(lambda: _speaks_http(url))
    try:
        yield url
    finally:
        child.stop(grace=_STOP_SECONDS)


def _speaks_http(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2):  # noqa: S310 - loopback
            return True
    except urllib.error.HTTPError as refusal:
        with refusal:
            return True
    except OSError:
        return False
