"""Two S3 endpoints that cost next to nothing: `null_server.c`, compiled on the way."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.handlers.fast_sides import certificate

_SOURCE = Path(__file__).with_name("null_server.c")


@dataclass(frozen=True)
class Endpoints:
    """Where they are. `trust` is what a client's environment must have over TLS."""

    source: str
    destination: str
    trust: dict[str, str]


@contextmanager
def endpoints(*, tls: bool) -> Generator[Endpoints]:
    """Of one process each. Raises FileNotFoundError without a C compiler."""
    with ExitStack() as stack:
        home = Path(tempfile.mkdtemp(prefix="waybill-null-"))
        stack.callback(shutil.rmtree, home, ignore_errors=True)
        program = _compiled(home)
        files = [home / "certificate.pem", home / "key.pem"] if tls else []
        if tls:
            certificate(home)
        scheme = "https" if tls else "http"
        source, destination = (
            f"{scheme}://127.0.0.1:{stack.enter_context(_serving(program, files))}"
            for _ in range(2)
        )
        trust = {"SSL_CERT_FILE": str(files[0])} if tls else {}
        yield Endpoints(source, destination, trust)


def _compiled(home: Path) -> Path:
    compiler = os.environ.get("CC") or shutil.which("cc")
    if compiler is None:
        raise FileNotFoundError("the null server needs a C compiler (cc) and OpenSSL")
    program = home / "null_server"
    libraries = ("-lssl", "-lcrypto", "-lpthread")
    subprocess.run(
        [compiler, "-O2", "-o", program, _SOURCE, *libraries], check=True, text=True
    )
    return program


@contextmanager
def _serving(program: Path, files: list[Path]) -> Generator[int]:
    running = subprocess.Popen([program, *files], stdout=subprocess.PIPE, text=True)
    assert running.stdout
    try:
        yield int(running.stdout.readline())
    finally:
        running.kill()
        running.wait()
        running.stdout.close()
