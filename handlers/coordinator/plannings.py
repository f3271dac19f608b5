"""The planning that is under way: at most one task of each flow."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable

from handlers.causes import first_cause
from handlers.commands.handle import load
from handlers.coordinator.planner import Planner
from handlers.worker.retry import Budget

_log = logging.getLogger(__name__)

_AGAIN = Budget(first_seconds=1.0, longest_seconds=60.0)


class Plannings:
    """Begins and stops them; what is interrupted is begun again, later and later."""

    def __init__(self, planner: Planner, wake: Callable[[str], None]) -> None:
        """`wake` is called with the id of a flow that is to be tended again."""
        self._planner = planner
        self._wake = wake
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._interrupted: Counter[str] = Counter()
        self._opened: set[str] = set()

    def begin(self, data_flow_id: str) -> None:
        """Plan the flow, unless that is under way."""
        if data_flow_id not in self._tasks:
            task = asyncio.create_task(self._plan(data_flow_id))
            self._tasks[data_flow_id] = task

    async def stop(self, data_flow_id: str) -> bool:
        """Returns when nobody plans it any more; whether somebody did until then."""
        task = self._tasks.get(data_flow_id)
        if task is None:
            return False
        task.cancel()
        await asyncio.wait({task})
        return True

    def forget(self, data_flow_id: str) -> None:
        """It is over."""
        self._interrupted.pop(data_flow_id, None)
        self._opened.discard(data_flow_id)

    def tasks(self) -> set["asyncio.Task[None]"]:
        """All of them."""
        return {*self._tasks.values()}

    async def _plan(self, data_flow_id: str) -> None:
        try:
            flow, _ = await load(self._planner.log, data_flow_id)
            await self._planner.plan(flow)
        except Exception as error:  # noqa: BLE001 (nothing else would try again)
            _log.warning("planning was interrupted: %r", first_cause(error))
            self._interrupted[data_flow_id] += 1
            await asyncio.sleep(_AGAIN.delay(self._interrupted[data_flow_id]))
            self._wake(data_flow_id)
        else:
            self._interrupted.pop(data_flow_id, None)
            if flow.approved and data_flow_id not in self._opened:
                # It may be copied now, which no event tells.
                self._opened.add(data_flow_id)
                self._wake(data_flow_id)
        finally:
            self._tasks.pop(data_flow_id, None)
