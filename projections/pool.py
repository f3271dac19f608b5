"""Connections of the projector."""

from psycopg_pool import AsyncConnectionPool

_SECONDS = 5.0


def make_pool(database_url: str, size: int) -> AsyncConnectionPool:
    """A pool, not open yet. Each statement is its own transaction unless told."""
    return AsyncConnectionPool(
        database_url,
        min_size=1,
        max_size=size,
        kwargs={"autocommit": True},
        timeout=_SECONDS,
        # Attempts grow rare while the database is away: short, so that they begin anew
        # and it is found soon after it is back.
        reconnect_timeout=_SECONDS,
        open=False,
    )
