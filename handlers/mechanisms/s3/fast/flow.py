"""What the parts of the fast relay have in common: who takes bytes, who hung up."""

import asyncio
from typing import Any, Protocol


class GoneError(ConnectionError):
    """The other side hung up; `stale`: before a byte of an answer came."""

    def __init__(self, said: str, *, stale: bool = False) -> None:
        """`said` is in our own words."""
        super().__init__(said)
        self.stale = stale


class Sink(Protocol):
    """Who takes a body. What it is given is only good until it wants more."""

    @property
    def full(self) -> bool:
        """Whether it must not be given more yet; then it says when, by `go_on`."""
        ...

    def take(self, chunk: memoryview) -> None:
        """The next bytes."""
        ...

    def ended(self, error: Exception | None) -> None:
        """All of them were given; or an error, and no more will come."""
        ...


def promise() -> "asyncio.Future[Any]":
    """A future that is not complained of when it fails and nobody waits any more."""
    made: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    made.add_done_callback(_looked_at)
    return made


def _looked_at(made: "asyncio.Future[Any]") -> None:
    if not made.cancelled():
        made.exception()
