"""The real servers as fixtures, a corner of each per test, markers by folder."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import hypothesis
import pytest

from tests import services
from tests.projections.story import Story, story_in
from tests.seed_coverage import (
    pytest_runtest_logreport,
    pytest_runtest_makereport,
    pytest_sessionfinish,
)
from waybill.embedded import EmbeddedNats, EmbeddedPostgres, EmbeddedS3

# Hooks, found by their names: what docs/seed-coverage.md names must run.
__all__ = [
    "pytest_runtest_logreport",
    "pytest_runtest_makereport",
    "pytest_sessionfinish",
]

_KEPT = ("WAYBILL_TEST_", "WAYBILL_MATRIX_", "WAYBILL_CACHE", "WAYBILL_NATS_SERVER")
for _name in list(os.environ):
    if _name.startswith(("WAYBILL_", "AWS_")) and not _name.startswith(_KEPT):
        del os.environ[_name]

_MARKERS = {
    "embedded": "integration",
    "eventlog": "integration",
    "handlers": "integration",
    "projections": "integration",
    "gateway": "integration",
    "scenarios": "scenario",
    "dataspace": "scenario",
    "tck": "scenario",
    "waybill": "scenario",
    "crash": "crash",
    "faults": "faults",
    "matrix": "matrix",
    "door": "scenario",
    "files": "scenario",
    "ui": "scenario",
}

_LONG_FIRST = {"test_readme.py": 0, "test_two_planes.py": 1, "test_waiting.py": 1}

hypothesis.settings.register_profile("dev", max_examples=50, database=None)
hypothesis.settings.register_profile("ci", max_examples=500, database=None)
hypothesis.settings.register_profile("nightly", max_examples=10_000, database=None)
hypothesis.settings.load_profile(
    os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "dev")
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test by the folder it is in; nobody types markers."""
    here = Path(__file__).parent
    for item in items:
        marker = _MARKERS.get(item.path.relative_to(here).parts[0])
        if marker is not None:
            item.add_marker(marker)
    # The long ones first: at the end no worker waits for another.
    items.sort(key=lambda item: _LONG_FIRST.get(item.path.name, 2))
    items.sort(key=lambda item: item.get_closest_marker("scenario") is None)


@pytest.fixture(scope="session")
def server_home() -> Iterator[Path]:
    """
    Give the home of the embedded servers of this run.

    Not below pytest's own directory: that is closed to the user whom PostgreSQL runs
    as when the tests run as root.
    """
    home = Path(tempfile.mkdtemp(prefix="waybill-tests-"))
    home.chmod(0o755)
    yield home
    shutil.rmtree(home)


@pytest.fixture(scope="session")
def database_url(server_home: Path) -> Iterator[str]:
    """Where PostgreSQL is. Tests use `database`, which is theirs alone."""
    url = services.from_environment("DATABASE_URL")
    if url:
        yield url
        return
    with EmbeddedPostgres(server_home, durable=False) as server:
        yield server.url


@pytest.fixture(scope="session")
def nats_url(server_home: Path) -> Iterator[str]:
    """Where NATS is. Tests use `broker`, which is empty."""
    url = services.from_environment("NATS_URL")
    if url:
        yield url
        return
    with EmbeddedNats(server_home) as server:
        yield server.url


@pytest.fixture(scope="session")
def s3_source(server_home: Path) -> Iterator[services.S3Endpoint]:
    """The S3 server that data come from."""
    with _s3_server("S3_SOURCE", server_home, "source") as endpoint:
        yield endpoint


@pytest.fixture(scope="session")
def s3_destination(server_home: Path) -> Iterator[services.S3Endpoint]:
    """The S3 server that data go to."""
    with _s3_server("S3_DESTINATION", server_home, "destination") as endpoint:
        yield endpoint


@pytest.fixture(scope="session")
def servers(
    database_url: str,
    nats_url: str,
    s3_source: services.S3Endpoint,
    s3_destination: services.S3Endpoint,
) -> services.TestServers:
    """All four servers."""
    return services.TestServers(database_url, nats_url, s3_source, s3_destination)


@pytest.fixture
def database(database_url: str) -> Iterator[str]:
    """Give the URL of an empty database of this test's own."""
    with services.fresh_database(database_url) as url:
        yield url


@pytest.fixture
async def story(database: str) -> AsyncIterator[Story]:
    """Give an empty log with all its read models, in the test's own database."""
    async with story_in(database) as story:
        yield story


@pytest.fixture
async def broker(nats_url: str) -> AsyncIterator[str]:
    """Give the URL of the broker without any stream; remove what the test made."""
    await services.delete_streams(nats_url)
    yield nats_url
    await services.delete_streams(nats_url)


@pytest.fixture
async def bucket_pair(
    s3_source: services.S3Endpoint, s3_destination: services.S3Endpoint
) -> AsyncIterator[services.BucketPair]:
    """Give an empty bucket on the source server and one on the destination."""
    async with (
        services.fresh_bucket(s3_source) as source,
        services.fresh_bucket(s3_destination) as destination,
    ):
        yield services.BucketPair(s3_source, s3_destination, source, destination)


@contextlib.contextmanager
def _s3_server(variable: str, home: Path, name: str) -> Iterator[services.S3Endpoint]:
    url = services.from_environment(variable)
    if url:
        yield services.S3Endpoint.parse(url)
        return
    with EmbeddedS3(home, name) as server:
        yield services.S3Endpoint.of(server)
