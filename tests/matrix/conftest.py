"""Each server in its turn, beside one Swift; the table at the end."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.matrix.comparing import Table
from tests.matrix.facts import FACTS
from tests.matrix.ground import Ground, Server
from tests.servers.catalogue import SERVERS
from tests.servers.installing import NotInstalledError
from tests.services import S3Endpoint
from waybill.embedded.errors import EmbeddedServerError

_TABLE = Table()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every test of the matrix runs once per chosen server."""
    if "server" in metafunc.fixturenames:
        metafunc.parametrize("server", _chosen(), indirect=True, scope="session")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table."""
    if _TABLE.rows:
        terminalreporter.section("matrix")
        terminalreporter.write_line("\n".join(_TABLE.lines()))


@pytest.fixture(scope="session")
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """Give it, running; one that cannot be had fails where everything must be had."""
    name: str = request.param
    with TemporaryDirectory(prefix=f"waybill-matrix-{name}-") as home, ExitStack() as s:
        try:
            running = s.enter_context(SERVERS[name](Path(home)))
        except (NotInstalledError, EmbeddedServerError, OSError) as error:
            if os.environ.get("CI"):
                pytest.fail(f"{name} is not there: {error}", pytrace=False)
            pytest.skip(f"{name} is not there: {error}")
        yield Server(name, running, FACTS[name])


@pytest.fixture(scope="session")
def ground(server: Server, s3_source: S3Endpoint) -> Ground:
    """Give both."""
    return Ground(server, s3_source)


@pytest.fixture(scope="session")
def table() -> Table:
    """Give the one table of this run."""
    return _TABLE


def _chosen() -> list[str]:
    asked = os.environ.get("WAYBILL_MATRIX_SERVERS", "")
    chosen = [each.strip() for each in asked.split(",") if each.strip()]
    unknown = set(chosen) - set(SERVERS)
    if unknown:
        raise pytest.UsageError(f"WAYBILL_MATRIX_SERVERS: no server {unknown}")
    return chosen or [*SERVERS]
