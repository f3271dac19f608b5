"""NATS with JetStream, its file store below the home."""

import json
from pathlib import Path
from typing import Self

from waybill.embedded.nats_program import nats_server_program
from waybill.embedded.ports import LOOPBACK, answers, remembered_port
from waybill.embedded.process import Child

_MONITORING_OFFSET = 1
_HEALTH = "/healthz?js-enabled-only=true"


class EmbeddedNats:
    """
    A NATS server with JetStream; the monitoring port is the port plus one.

    The port is the given one, else the one this home used last, else a free one.
    """

    def __init__(self, home: Path, port: int | None = None) -> None:
        """Decide nothing yet: ports are taken and files are made by start()."""
        self.home = home.resolve()
        self._port = port
        self._child = Child("nats", self.home)

    @property
    def url(self) -> str:
        """Where to connect, once started."""
        return f"nats://{LOOPBACK}:{self._port}"

    @property
    def monitoring_url(self) -> str:
        """Where the server reports on itself, once started."""
        return f"http://{LOOPBACK}:{(self._port or 0) + _MONITORING_OFFSET}"

    @property
    def pid(self) -> int | None:
        """The server's pid while it runs."""
        return self._child.pid

    def start(self) -> Self:
        """Start the server and return when JetStream is enabled."""
        if self._child.pid is not None:
            return self
        program = nats_server_program()
        with self._child.claimed():
            self._port = remembered_port(
                self.home / "nats.port", self._port, (0, _MONITORING_OFFSET)
            )
            configuration = self.home / "nats.conf"
            configuration.write_text(self._configuration())
            self._child.start([str(program), "--config", str(configuration)])
        self._child.wait_until(lambda: answers(self.monitoring_url + _HEALTH))
        return self

    def stop(self) -> None:
        """Shut down in order."""
        self._child.stop()

    def kill(self) -> None:
        """Stop at once, as a crash would."""
        self._child.kill()

    def __enter__(self) -> Self:
        """Start."""
        return self.start()

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.stop()

    def _configuration(self) -> str:
        monitoring = (self._port or 0) + _MONITORING_OFFSET
        store = json.dumps(str(self.home / "nats"))
        return (
            "server_name: waybill\n"
            f"listen: {LOOPBACK}:{self._port}\n"
            f"http: {LOOPBACK}:{monitoring}\n"
            f"jetstream {{ store_dir: {store} }}\n"
        )
