"""One migration step: every process expects it to have run, none runs it by itself."""

import contextlib
from importlib import resources

import psycopg

from eventlog.recorder import open_recorder

_PACKAGES = ("eventlog", "handlers", "projections")
_LOCK_KEY = 0x7761_7962


def migrate(database_url: str) -> list[str]:
    """Make the log's tables and apply what is new of the packages' `sql` folders.

    Files are `NNNN_name.sql`, applied in order, each once, each in a transaction.
    Several callers at once take turns. Returns the names of the files applied.
    """
    applied: list[str] = []
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (_LOCK_KEY,))
        _create_event_table(database_url)
        connection.execute(
            "CREATE TABLE IF NOT EXISTS waybill_migrations (name text PRIMARY KEY)"
        )
        known = {
            row[0] for row in connection.execute("SELECT name FROM waybill_migrations")
        }
        for name, statements in _scripts():
            if name in known:
                continue
            with connection.transaction():
                connection.execute(statements.encode())
                connection.execute(
                    "INSERT INTO waybill_migrations VALUES (%s)", (name,)
                )
            applied.append(name)
    return applied


def _create_event_table(database_url: str) -> None:
    recorder = open_recorder(database_url)
    with contextlib.closing(recorder.datastore):
        recorder.create_table()


def _scripts() -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for package in _PACKAGES:
        folder = resources.files(package) / "sql"
        if not folder.is_dir():
            continue
        found += [
            (f"{package}/{each.name}", each.read_text("utf-8"))
            for each in folder.iterdir()
            if each.name.endswith(".sql")
        ]
    return sorted(found)
