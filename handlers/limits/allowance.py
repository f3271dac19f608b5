"""What the copying of one flow is held to: all limits that are for it at once."""

import asyncio
import time
from collections.abc import Mapping

from domain.errors import Side
from domain.limits import Bucket
from handlers.limits.throttle import Throttle

# What is allowed may change while somebody waits for it.
_LONGEST_PAUSE_SECONDS = 0.25


class Allowance:
    """The throttles by scope; the smallest wins. Implements `handlers.ports.Meter`.

    `gates` let in as many parts at once as all of them allow. `sides` says, for an
    endpoint's scope, which of the flow's sides it is; what is not in it is for both.
    """

    def __init__(
        self, throttles: Mapping[str, Throttle], sides: Mapping[str, frozenset[Side]]
    ) -> None:
        """Nothing has moved."""
        # In one order for all, so that no two wait for each other.
        self._throttles = dict(sorted(throttles.items()))
        self._sides = sides
        self._metered: tuple[Bucket, ...] = ()
        self._counted = False
        self.gates = tuple(each.gate for each in self._throttles.values())
        self.changed()

    def changed(self) -> None:
        """The throttles have other shares."""
        buckets = (each.bytes for each in self._throttles.values())
        self._metered = tuple(each for each in buckets if each.rate is not None)
        requests = (each.requests.rate for each in self._throttles.values())
        self._counted = any(rate is not None for rate in requests)

    def moved(self, count: int) -> float:
        """Count bytes; seconds to read nothing for."""
        if not self._metered:
            return 0.0
        now = time.monotonic()
        pause = max(bucket.take(count, now) for bucket in self._metered)
        return min(pause, _LONGEST_PAUSE_SECONDS)

    async def ask(self, requests: Mapping[Side, int]) -> None:
        """Wait until so many requests may be sent, at once."""
        if not self._counted:
            return
        counts = [
            (throttle.requests, self._count(scope, requests))
            for scope, throttle in self._throttles.items()
        ]
        asked = [(bucket, count) for bucket, count in counts if count]
        while True:
            now = time.monotonic()
            pause = max((bucket.take(0, now) for bucket, _ in asked), default=0.0)
            if not pause:
                break
            await asyncio.sleep(min(pause, _LONGEST_PAUSE_SECONDS))
        for bucket, count in asked:
            bucket.take(count, now)

    def _count(self, scope: str, requests: Mapping[Side, int]) -> int:
        sides = self._sides.get(scope)
        return sum(n for side, n in requests.items() if sides is None or side in sides)
