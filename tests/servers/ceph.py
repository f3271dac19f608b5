"""
Ceph's RADOS gateway as an S3 server: real, fast, and installed from packages.

    with ceph(directory) as server:
        server.endpoint, server.access_key, server.secret_key, server.region

One instance is three processes: a monitor, an OSD on a sparse file, and the gateway.
They start in some ten seconds in an empty directory and live no longer than we do.
The first use fetches the programs (`ceph_programs`).
"""

import functools
import secrets
import subprocess
import uuid
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from tests.servers.ceph_conf import OSD, OSD_PORTS, TLS, Layout
from tests.servers.ceph_programs import Programs
from tests.servers.certificate import write_certificate
from waybill.embedded.ports import LOOPBACK, answers, free_port
from waybill.embedded.process import Child

GIB = 1 << 30
_CAPABILITIES = ("mon", "osd", "mgr")
_SECONDS = 120


class Ceph:
    """One instance with one user. It starts once, in a directory that holds nothing."""

    region = "us-east-1"

    def __init__(
        self, directory: Path, *, size_gib: int = 8, with_tls: bool = False
    ) -> None:
        """`size_gib` is what it can hold; the disk need not have that much free."""
        self.home = directory.resolve()
        self.access_key = "waybill"
        self.secret_key = secrets.token_hex(20)
        self.certificate = self.home / "certificate.pem"
        self._size_gib, self._with_tls = size_gib, with_tls
        self._port = 0
        self._children = {
            name: Child(name, self.home) for name in ("mon", "osd", "rgw")
        }

    @property
    def endpoint(self) -> str:
        """Where to connect, once started."""
        return f"http://{LOOPBACK}:{self._port}"

    @property
    def tls_endpoint(self) -> str:
        """Where to connect over TLS; `certificate` is the one to trust."""
        return f"https://{LOOPBACK}:{self._port + TLS}"

    @property
    def pids(self) -> list[int]:
        """The pids of the running processes."""
        return [each.pid for each in self._children.values() if each.pid is not None]

    def start(self) -> Self:
        """Start; return when the user can sign in."""
        self._programs = Programs.get()
        self._port = free_port(range(OSD + OSD_PORTS + 1))
        self._write_files()
        try:
            self._start_monitor()
            self._start_osd()
            self._start_gateway()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Stop the three processes at once: nothing of theirs is ever used again."""
        for child in reversed(self._children.values()):
            child.kill()

    def tidy(self) -> None:
        """Free the space of all that was deleted or overwritten."""
        self._admin("gc", "process", "--include-all")

    def __enter__(self) -> Self:
        """Start."""
        return self.start()

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.stop()

    def _write_files(self) -> None:
        for folder in ("mon", "osd", "rgw", "run"):
            (self.home / folder).mkdir(parents=True)
        if self._with_tls:
            write_certificate(self.certificate, self.home / "key.pem", LOOPBACK)
        self._cluster = str(uuid.uuid4())
        layout = Layout(
            self.home,
            self._programs.libraries,
            self._port,
            self._cluster,
            self._size_gib * GIB,
            self._with_tls,
        )
        self._conf = self.home / "ceph.conf"
        self._conf.write_text(layout.text())
        self._keyring = self.home / "keyring"
        self._keyring.touch(mode=0o600)
        allowed = [
            word for each in _CAPABILITIES for word in ("--cap", each, "allow *")
        ]
        for name in ("mon.", "client.admin", "client.rgw", "osd.0"):
            asked = ("--gen-key", "-n", name, *allowed)
            self._run("ceph-authtool", self._keyring, *asked)

    def _start_monitor(self) -> None:
        monitors = self.home / "monmap"
        where = f"[v2:{LOOPBACK}:{self._port + 2}]"
        made = ("--fsid", self._cluster, "--enable-all-features", monitors)
        self._run("monmaptool", "--create", "--addv", "a", where, *made)
        files = ("--monmap", monitors, "--keyring", self._keyring)
        self._run("ceph-mon", "--mkfs", "-i", "a", *files)
        self._launch("mon", "ceph-mon", "-i", "a")

    def _start_osd(self) -> None:
        uid = str(uuid.uuid4())
        _checked(self._programs.client("-c", self._conf, "osd", "new", uid))
        self._run("ceph-osd", "--mkfs", "-i", "0", "--osd-uuid", uid)
        self._launch("osd", "ceph-osd", "-i", "0")

    def _start_gateway(self) -> None:
        self._launch("rgw", "radosgw", "-n", "client.rgw")
        ready = functools.partial(answers, f"{self.endpoint}/")
        self._children["rgw"].wait_until(ready, _SECONDS)
        keys = (f"--access-key={self.access_key}", f"--secret-key={self.secret_key}")
        self._admin("user", "create", "--uid=waybill", "--display-name=waybill", *keys)

    def _launch(self, name: str, program: str, *arguments: str) -> None:
        asked = ("-c", str(self._conf), "-f", *arguments)
        child = self._children[name]
        with child.claimed():
            child.start(self._programs.command(program, *asked))

    def _admin(self, *arguments: str) -> None:
        self._run("radosgw-admin", "-n", "client.rgw", *arguments)

    def _run(self, program: str, *arguments: str | Path) -> None:
        _checked(self._programs.command(program, "-c", self._conf, *arguments))


@contextmanager
def ceph(
    directory: Path, *, size_gib: int = 8, with_tls: bool = False
) -> Generator[Ceph]:
    """Give a running instance, its data below the directory; stop it after."""
    with Ceph(directory, size_gib=size_gib, with_tls=with_tls) as server:
        yield server


def _checked(command: list[str]) -> None:
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, timeout=_SECONDS
    )
    if done.returncode:
        raise RuntimeError(f"{command[3:]} failed: {done.stderr[-2000:]}")
