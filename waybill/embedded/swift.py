"""An S3 server: OpenStack Swift with its `s3api`, from the package `swift`."""

import functools
import re
import secrets
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from waybill.embedded import swift_conf
from waybill.embedded.ports import LOOPBACK, answers, remembered_port
from waybill.embedded.process import Child
from waybill.embedded.swift_home import (
    make_rings,
    require_extended_attributes,
    require_swift,
    user_name,
    write_private,
)

_OFFSETS = {"object": 10, "container": 20, "account": 30, "proxy": 0}
_NAME = re.compile(r"[a-z][a-z0-9-]*")


class EmbeddedS3:
    """
    An S3 server with one user, its data below home/name.

    It uses the port P (the given one, else the last one, else a free one) and P + 10,
    P + 20, P + 30. Four processes start, live and die together.
    """

    region = swift_conf.REGION

    def __init__(self, home: Path, name: str, port: int | None = None) -> None:
        """Decide nothing yet: ports are taken and files are made by start()."""
        if not _NAME.fullmatch(name):
            message = f"{name!r}: a server's name is lower-case letters, digits and -"
            raise ValueError(message)
        self.name = name
        self.home = home.resolve() / name
        self.access_key = f"waybill:{name}"
        self._port = port
        self._children = {server: Child(server, self.home) for server in _OFFSETS}

    @property
    def endpoint(self) -> str:
        """Where to connect, once started."""
        return f"http://{LOOPBACK}:{self._port}"

    @property
    def secret_key(self) -> str:
        """The user's secret: random, made once per home."""
        file = self.home / "secret-key"
        if not file.exists():
            self.home.mkdir(parents=True, exist_ok=True)
            write_private(file, secrets.token_hex(20))
        return file.read_text()

    @property
    def pids(self) -> list[int]:
        """The pids of the running processes."""
        return [c.pid for c in self._children.values() if c.pid is not None]

    def start(self) -> Self:
        """Start the four processes; return when S3 requests are answered."""
        if self.pids:
            return self
        require_swift()
        with ExitStack() as claims:
            for child in self._children.values():
                claims.enter_context(child.claimed())
            self._launch()
        try:
            for server, child in self._children.items():
                health = f"http://{LOOPBACK}:{self._port_of(server)}/healthcheck"
                child.wait_until(functools.partial(answers, health))
        except BaseException:
            self.kill()
            raise
        return self

    def stop(self) -> None:
        """Stop the four processes, the proxy first."""
        for child in reversed(self._children.values()):
            child.stop()

    def kill(self) -> None:
        """Stop all of them at once, as a crash would."""
        for child in self._children.values():
            child.kill()

    def __enter__(self) -> Self:
        """Start."""
        return self.start()

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.stop()

    def _port_of(self, server: str) -> int:
        return (self._port or 0) + _OFFSETS[server]

    def _launch(self) -> None:
        (self.home / "etc").mkdir(exist_ok=True)
        require_extended_attributes(self.home)
        self._port = remembered_port(
            self.home / "port", self._port, tuple(_OFFSETS.values())
        )
        self._write_configuration(self._port)
        for server, child in self._children.items():
            module = f"swift.{'obj' if server == 'object' else server}.server"
            conf = str(self.home / "etc" / f"{server}.conf")
            child.start([sys.executable, "-P", "-m", module, conf, "--verbose"])

    def _write_configuration(self, port: int) -> None:
        etc = self.home / "etc"
        devices = self.home / "devices"
        (devices / swift_conf.DEVICE).mkdir(parents=True, exist_ok=True)
        layout = swift_conf.Layout(etc, devices, user_name())
        (etc / "swift.conf").write_text(swift_conf.CLUSTER)
        for server, offset in _OFFSETS.items():
            if server == "proxy":
                text = layout.proxy(port, self.access_key, self.secret_key)
            else:
                text = layout.storage(server, port + offset)
            write_private(etc / f"{server}.conf", text)
        made_for = etc / "rings.port"
        if not made_for.exists() or made_for.read_text() != str(port):
            make_rings(etc, port)
            made_for.write_text(str(port))
