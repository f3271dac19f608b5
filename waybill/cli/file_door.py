"""What the commands about files have in common: a client, a bar, exit codes."""

import contextlib
import hashlib
import os
import time
from collections.abc import Callable, Generator
from pathlib import Path

from waybill.cli.app import errors
from waybill.cli.progress_bar import progress_bar
from waybill.cli.wording import duration, size
from waybill.embedded.nats_program import cache_directory
from waybill.files_client import FilesClient, Patience
from waybill.settings import Settings

Moved = Callable[[int], None]
# Somebody is looking: who is busy for a minute is told of.
_PATIENCE = Patience(busy_seconds=60)


@contextlib.contextmanager
def file_server(api: str | None) -> Generator[FilesClient]:
    """A client of the file store; what it refuses ends the command with its code."""
    settings = Settings()
    key = settings.api_key.get_secret_value() if settings.api_key else None
    base = api or settings.api_base
    with FilesClient(
        base, key, files_url=settings.files_url, patience=_PATIENCE
    ) as client:
        yield client


@contextlib.contextmanager
def moving(name: str, total: int) -> Generator[Moved]:
    """Show on the terminal how many of the bytes have moved; elsewhere nothing."""
    if not errors.is_terminal:
        yield _unseen
        return
    with progress_bar(errors) as bar:
        task = bar.add_task(name, total=total or None)
        yield _Shown(
            name, total, lambda d, n: bar.update(task, description=d, completed=n)
        )


class _Shown:
    """The words of one line: how far, how fast, how long."""

    def __init__(
        self, name: str, total: int, update: Callable[[str, int], None]
    ) -> None:
        self._name = name
        self._total = total
        self._update = update
        self._moved = self._before = 0
        self._begun: float | None = None

    def __call__(self, count: int) -> None:
        if self._begun is None:
            # What an earlier run has moved says nothing about the pace of this one.
            self._begun, self._before = time.monotonic(), count
        self._moved += count
        self._update(self._words(), self._moved)

    def _words(self) -> str:
        seconds = time.monotonic() - (self._begun or 0.0)
        pace = (self._moved - self._before) / seconds if seconds > 0 else 0.0
        left = (self._total - self._moved) / pace if pace > 0 else 0.0
        # Of a pipe nobody knows how much there is.
        of = f"/{size(self._total)}" if self._total else ""
        words = [self._name, f"{size(self._moved)}{of}"]
        if pace > 0:
            words += [f"{duration(left)} left"] if self._total else []
            words += [f"{size(pace)}/s"]
        return " · ".join(words)


def note_of(api: str | None, path: Path) -> Path:
    """Where an unfinished upload of a path is remembered."""
    said = f"{api or Settings().api_base}\n{path.resolve()}"
    name = hashlib.sha256(os.fsencode(said)).hexdigest()[:32]
    return cache_directory() / "uploads" / f"{name}.json"


def _unseen(_: int) -> None:
    """Nobody looks."""
