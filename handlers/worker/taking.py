"""How many segments a worker takes from the queue: more or fewer while it runs."""

from typing import Protocol


class _Tokens(Protocol):
    """anyio's semaphore, as far as it is needed."""

    @property
    def value(self) -> int: ...
    def acquire_nowait(self) -> None: ...
    def release(self) -> None: ...


class Taking:
    """Changes how many messages of a subscriber are handled at once.

    FastStream has one number for that, from the start on; it is kept by a semaphore,
    whose tokens are added to and taken away here. What is in hand is never cut short.
    """

    def __init__(self, subscriber: object, most: int) -> None:
        """As made with `max_workers=most`; one at a time stays one at a time."""
        self._tokens: _Tokens | None = getattr(subscriber, "limiter", None)
        self.most = most

    def change(self, most: int) -> None:
        """From now on so many; fewer only as far as fewer are in hand."""
        tokens = self._tokens
        if tokens is None:
            return
        while self.most < most:
            tokens.release()
            self.most += 1
        while self.most > most and tokens.value > 0:
            tokens.acquire_nowait()
            self.most -= 1
