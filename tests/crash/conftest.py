"""What a sweep stands on; its outcomes, and their table at the end."""

import uuid
from pathlib import Path

import pytest

from tests.crash.outcomes import Outcomes
from tests.scenarios.ground import Ground
from tests.services import BucketPair

_OUTCOMES = Outcomes()


@pytest.fixture
def ground(
    server_home: Path, database: str, broker: str, bucket_pair: BucketPair
) -> Ground:
    """Give what the plane of this test stands on."""
    home = server_home / f"sweep-{uuid.uuid4().hex[:8]}"
    return Ground(home, database, broker, bucket_pair)


@pytest.fixture
def outcomes() -> Outcomes:
    """Give the one collection of this run."""
    return _OUTCOMES


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table."""
    if _OUTCOMES.all:
        terminalreporter.section("kill points")
        terminalreporter.write_line("\n".join(_OUTCOMES.table()))
