"""An event log of the test's own."""

from collections.abc import AsyncIterator

import pytest

from eventlog import EventLog, migrate


@pytest.fixture
async def log(database: str) -> AsyncIterator[EventLog]:
    """Give an empty log."""
    migrate(database)
    async with EventLog.open(database) as log:
        yield log
