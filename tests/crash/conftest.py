"""Collects the outcomes of a sweep, and prints them at its end."""

import pytest

from tests.crash.outcomes import Outcomes

_OUTCOMES = Outcomes()


@pytest.fixture
def outcomes() -> Outcomes:
    """Give the one collection of this run."""
    return _OUTCOMES


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table."""
    if _OUTCOMES.all:
        terminalreporter.section("kill points")
        terminalreporter.write_line("\n".join(_OUTCOMES.table()))
