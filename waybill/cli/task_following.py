"""Follows a task to its end: new lines of its log, and the progress of its flow."""

import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from typing import Final

import typer

from domain.task.state import Status
from domain.task.status import OVER
from projections.tasks_views import TaskStatus
from projections.views import Progress
from waybill.cli.app import FAILED, console, errors
from waybill.cli.progress_bar import follow
from waybill.client import Client

_POLL_SECONDS: Final = 0.5


@dataclass(frozen=True)
class Named:
    """A task of a user's; without a user, as an operator names it."""

    task: str
    service: str
    user: str


def follow_task(client: Client, named: Named, *, as_json: bool = False) -> None:
    """Show it until it is over; exit with 1 if it did not complete.

    As JSON, only what it is then.
    """
    try:
        last = _awaited(client, named) if as_json else _watched(client, named)
    except KeyboardInterrupt:
        of = f" --service {named.service} --user {named.user}" if named.user else ""
        line = f"waybill tasks watch {named.task}{of}"
        console.print(f"it goes on: [bold]{line}[/bold]", highlight=False)
        raise typer.Exit(FAILED) from None
    if as_json:
        console.print_json(last.model_dump_json(), indent=None)
    elif last.status is Status.COMPLETED:
        console.print(last.status, highlight=False)
    if last.status is not Status.COMPLETED:
        errors.print(f"[red]{last.status}[/red] {last.code}", highlight=False)
        raise typer.Exit(FAILED)


def _watched(client: Client, named: Named) -> TaskStatus:
    followed = _Followed(_states(client, named, _print_lines()))
    if not followed.elsewhere():
        follow(console, followed.rows())
    return followed.last


def _awaited(client: Client, named: Named) -> TaskStatus:
    followed = _Followed(_states(client, named, lambda _: None))
    for _ in followed.rows():
        pass
    return followed.last


class _Followed:
    """States that go by; the last of them is remembered."""

    def __init__(self, states: Iterator[TaskStatus]) -> None:
        self._states = states
        self.last = next(states)

    def elsewhere(self) -> bool:
        """Whether it has no flow to show; then it is waited for here."""
        if self.last.data_flow_id is not None:
            return False
        for state in self._states:
            self.last = state
        return True

    def rows(self) -> Iterator[Progress]:
        """The progress of its flow."""
        for state in self._states:
            self.last = state
            if state.progress is not None:
                yield state.progress


def _states(
    client: Client, named: Named, heard: Callable[[TaskStatus], None]
) -> Generator[TaskStatus]:
    """The task until it is over, at least once."""
    while True:
        told = client.task(named.task, named.service, named.user)
        heard(told)
        yield told
        if told.status in OVER:
            return
        time.sleep(_POLL_SECONDS)


def _print_lines() -> Callable[[TaskStatus], None]:
    """Prints the lines of its log that are new."""
    seen: set[str] = set()

    def heard(told: TaskStatus) -> None:
        for line in told.log:
            if line not in seen:
                console.print(line, highlight=False, markup=False)
        seen.update(told.log)

    return heard
