"""What `docs/seed-coverage.md` names must run: a skip of it is a failure.

How: two hooks that `tests/conftest.py` takes. One turns the skip of a named test into
a failure, wherever it happens. The other, where all tests of `make test` were asked
for and all that ran were well, fails the run when one that is named did not run.

What to know: a test is named `folder/test_file.py::test_name`, below `tests/`.
"""

import re
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest

PAGE: Final = Path(__file__).parents[1] / "docs" / "seed-coverage.md"
_ROW: Final = re.compile(r"^\| S(\d+) \|(.*)\|$")
_TEST: Final = re.compile(r"`([\w/]+\.py)::(test_\w+)`")
# Folders, and the verbs that run them.
OWN_VERBS: Final = frozenset({"crash", "faults", "matrix"})
_SKIPPED: Final = "docs/seed-coverage.md names this test: it may not be skipped"


@dataclass(frozen=True)
class Row:
    """One feature: what it is, where it lives, what shows it."""

    number: int
    cells: Sequence[str]

    @property
    def tests(self) -> list[tuple[str, str]]:
        """Each test that it names: the file below `tests/`, and the function."""
        return _TEST.findall(self.cells[-1])


def rows() -> list[Row]:
    """Every row of the page, in its order."""
    found = map(_ROW.match, PAGE.read_text().splitlines())
    return [
        Row(int(each[1]), [cell.strip() for cell in each[2].split(" | ")])
        for each in found
        if each
    ]


def named() -> frozenset[str]:
    """All tests that the page names."""
    return frozenset("::".join(test) for row in rows() for test in row.tests)


def short(nodeid: str) -> str:
    """The name that the page has for a test of pytest's."""
    return nodeid.removeprefix("tests/").partition("[")[0]


@dataclass
class _Run:
    """What was collected, and what has run, in this process or by its workers."""

    names: frozenset[str] = field(default_factory=named)
    ran: set[str] = field(default_factory=set[str])


_run = _Run()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let nothing that is named be skipped."""
    report = yield
    if report.skipped and short(item.nodeid) in _run.names:
        report.outcome = "failed"
        report.longrepr = f"{_SKIPPED}\n{report.longrepr}"
    return report


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Note what has run; of workers, their leader hears."""
    if report.when == "call":
        _run.ran.add(short(report.nodeid))


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Fail a whole run in which a test of the page did not run."""
    if exitstatus == pytest.ExitCode.OK and is_whole(session.config):
        missing = sorted(usual() - _run.ran)
        if missing:
            print(f"\ndocs/seed-coverage.md: these did not run: {missing}")  # noqa: T201 (pytest's own output)
            session.exitstatus = pytest.ExitCode.TESTS_FAILED


def usual() -> frozenset[str]:
    """Those of the named tests that `make test` runs."""
    return frozenset(n for n in _run.names if n.partition("/")[0] not in OWN_VERBS)


def is_whole(config: pytest.Config) -> bool:
    """Whether all tests of `make test` were asked for, here or as their leader."""
    asked = config.option
    return (
        config.args_source is pytest.Config.ArgsSource.TESTPATHS
        and not hasattr(config, "workerinput")
        and not any((asked.keyword, asked.deselect, asked.collectonly))
        and not getattr(asked, "lf", False)
        and asked.markexpr == _default_markers(config)
    )


def _default_markers(config: pytest.Config) -> str:
    usual_options = list(config.getini("addopts"))
    return str(usual_options[usual_options.index("-m") + 1])
