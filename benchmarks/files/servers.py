"""Who is compared: each server with a folder of its own on the same disk."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.accounting import family_cpu_seconds
from eventlog import migrate
from tests.servers import closure
from waybill.embedded import Servers
from waybill.embedded.ports import LOOPBACK, answers, free_port
from waybill.embedded.process import Child
from waybill.secret_key import ensure_key

NGINX, TUSD, OURS = "nginx", "tusd", "waybill"
_ROOT: Final = Path(__file__).resolve().parents[2]
# Built as a dependency: `go install` would ask for a list of all versions first.
_TUSD_MODULE: Final = (
    "module tools\n\ngo 1.24\n\nrequire github.com/tus/tusd/v2 v2.8.0\n"
)
_TUSD_PROGRAM: Final = "github.com/tus/tusd/v2/cmd/tusd"
_TUSD: Final = _ROOT / ".tools" / "go" / "tusd"
_BUILD_SECONDS: Final = 900
_NOT_FOUND: Final = 404
# As Debian has it, and writable folders of this run instead of the machine's.
_NGINX: Final = """\
daemon off;
{user}
worker_processes auto;
error_log {home}/error.log;
pid {home}/nginx.pid;
events {{ worker_connections 768; }}
http {{
  sendfile on;
  tcp_nopush on;
  access_log off;
  client_max_body_size 0;
  client_body_temp_path {home}/body;
  proxy_temp_path {home}/proxy;
  fastcgi_temp_path {home}/fastcgi;
  uwsgi_temp_path {home}/uwsgi;
  scgi_temp_path {home}/scgi;
  server {{
    listen {host}:{port};
    root {home}/data;
    location / {{ dav_methods PUT DELETE; }}
  }}
}}
"""


@dataclass(frozen=True)
class Server:
    """One that runs: where it is, where its bytes are, what it has spent.

    `cpu` gives seconds by kind of process, since each was started.
    """

    name: str
    url: str
    data: Path
    cpu: Callable[[], Mapping[str, float]]


@contextmanager
def nginx(home: Path) -> Iterator[Server]:
    """The one of Debian, with WebDAV: a PUT is a file, written without a sync."""
    port = free_port()
    (home / "data").mkdir(parents=True)
    said = home / "nginx.conf"
    user = "user root;" if os.geteuid() == 0 else ""
    said.write_text(_NGINX.format(home=home, host=LOOPBACK, port=port, user=user))
    program = closure.program("nginx", "nginx", "usr/sbin/nginx")
    command = [*program, "-p", str(home), "-c", str(said), "-e", f"{home}/error.log"]
    url = f"http://{LOOPBACK}:{port}"
    with _running(NGINX, home, command, lambda: answers(url, 403)) as child:
        yield Server(NGINX, url, home / "data", lambda: _spent(NGINX, child))


@contextmanager
def tusd(home: Path) -> Iterator[Server]:
    """The reference server of tus, with its file store."""
    port = free_port()
    data = home / "data"
    data.mkdir(parents=True)
    url = f"http://{LOOPBACK}:{port}"
    command = [
        *(str(_TUSD), "-host", LOOPBACK, "-port", str(port)),
        *("-upload-dir", str(data), "-show-startup-logs=false"),
    ]
    with _running(TUSD, home, command, lambda: answers(f"{url}/metrics")) as child:
        yield Server(TUSD, f"{url}/files/", data, lambda: _spent(TUSD, child))


@contextmanager
def waybill(home: Path, settings: Mapping[str, str]) -> Iterator[Server]:
    """Our file server, on a directory, with a database that syncs."""
    port = free_port()
    with Servers(home, durable=True) as servers:
        migrate(servers.database_url)
        environment = {
            **os.environ,
            "PYTHONPATH": str(_ROOT),
            "WAYBILL_AUTHORIZATION": "development",
            "WAYBILL_DATABASE_URL": servers.database_url,
            "WAYBILL_NATS_URL": servers.nats_url,
            "WAYBILL_SECRET_KEY_FILE": str(ensure_key(home / "secret.key")),
            "WAYBILL_FILES_PORT": str(port),
            "WAYBILL_FILES_DIRECTORY": str(home / "data"),
            **settings,
        }
        url = f"http://{LOOPBACK}:{port}"
        command = [sys.executable, "-m", "handlers", "files"]
        with _running(
            "files", home, command, lambda: answers(f"{url}/readyz"), environment
        ) as child:

            def cpu() -> Mapping[str, float]:
                return {
                    **_spent(OURS, child),
                    "postgres": family_cpu_seconds(servers.postgres.pid or 0),
                    "nats": family_cpu_seconds(servers.nats.pid or 0),
                }

            yield Server(OURS, url, home / "data", cpu)


def tusd_installed() -> bool:
    """Whether tusd is there, after trying; says why where it is not."""
    if _TUSD.exists():
        return True
    if shutil.which("go") is None:
        print("tusd is left out: there is no Go here to build it with")
        return False
    _TUSD.parent.mkdir(parents=True, exist_ok=True)
    (_TUSD.parent / "go.mod").write_text(_TUSD_MODULE)
    done = subprocess.run(
        ["go", "build", "-mod=mod", "-o", str(_TUSD), _TUSD_PROGRAM],
        check=False,
        capture_output=True,
        text=True,
        timeout=_BUILD_SECONDS,
        cwd=_TUSD.parent,
    )
    if done.returncode:
        print(f"tusd is left out: {done.stderr.strip().splitlines()[-1]}")
    return done.returncode == 0


def _spent(kind: str, child: Child) -> Mapping[str, float]:
    return {kind: family_cpu_seconds(child.pid or 0)}


@contextmanager
def _running(
    name: str,
    home: Path,
    command: list[str],
    ready: Callable[[], bool],
    environment: Mapping[str, str] | None = None,
) -> Iterator[Child]:
    child = Child(name, home)
    with child.claimed():
        child.start(command, environment=environment)
    child.wait_until(ready)
    try:
        yield child
    finally:
        child.stop()
