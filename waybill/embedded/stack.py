"""PostgreSQL, NATS and any number of S3 servers in one home, started together."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Self

from waybill.embedded.nats import EmbeddedNats
from waybill.embedded.postgres import EmbeddedPostgres
from waybill.embedded.swift import EmbeddedS3


class Servers:
    """
    The servers that Waybill stands on.

    Either all of them run or none: when one fails to start, the others are stopped and
    its error is raised.
    """

    def __init__(
        self,
        home: Path,
        *,
        s3: Sequence[str] = (),
        durable: bool = True,
        postgres_port: int | None = None,
        nats_port: int | None = None,
    ) -> None:
        """Choose the home and name the S3 servers; nothing starts yet."""
        self.home = home.resolve()
        self.postgres = EmbeddedPostgres(self.home, postgres_port, durable=durable)
        self.nats = EmbeddedNats(self.home, nats_port)
        self.s3 = {name: EmbeddedS3(self.home, name) for name in s3}

    @property
    def database_url(self) -> str:
        """Where the database is, once started."""
        return self.postgres.url

    @property
    def nats_url(self) -> str:
        """Where the broker is, once started."""
        return self.nats.url

    def start(self) -> Self:
        """Start all of them at the same time; return when all are ready."""
        try:
            _together([server.start for server in self._all()])
        except BaseException:
            self.kill()
            raise
        return self

    def stop(self) -> None:
        """Stop all of them in order, the database last."""
        _together(
            [server.stop for server in self._all() if server is not self.postgres]
        )
        self.postgres.stop()

    def kill(self) -> None:
        """Stop all of them at once, as a crash would."""
        _together([server.kill for server in self._all()])

    def __enter__(self) -> Self:
        """Start."""
        return self.start()

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.stop()

    def _all(self) -> list[EmbeddedPostgres | EmbeddedNats | EmbeddedS3]:
        return [self.postgres, self.nats, *self.s3.values()]


def _together(actions: Sequence[Callable[[], object]]) -> None:
    with ThreadPoolExecutor(len(actions)) as pool:
        running = [pool.submit(action) for action in actions]
    for action in running:
        action.result()
