"""Open copiers, shared by the segments of a flow that this process has in hand."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from domain.data_flow import DataFlow
from domain.errors import DataPlaneError
from handlers.ports import Copier, Executor
from handlers.secret_store import SecretStore

_MOST_IDLE = 16


@dataclass
class _Entry:
    stack: AsyncExitStack
    copier: "asyncio.Task[Copier]"
    users: int = 0


@dataclass
class Copiers:
    """Opens a copier at its first use and keeps it, warm, for the next segment."""

    executors: Mapping[str, Executor]
    secrets: SecretStore
    _entries: dict[tuple[str, ...], _Entry] = field(
        default_factory=dict[tuple[str, ...], _Entry]
    )

    @asynccontextmanager
    async def of(self, flow: DataFlow) -> AsyncGenerator[Copier]:
        """The copier between the flow's two locations. Raises StorageError."""
        key = _key(flow)
        entry = self._entries.get(key)
        if entry is None:
            stack = AsyncExitStack()
            task = asyncio.create_task(self._open(flow, stack))
            entry = self._entries[key] = _Entry(stack, task)
        entry.users += 1
        try:
            yield await asyncio.shield(entry.copier)
        except BaseException:
            if entry.copier.done() and entry.copier.exception() is not None:
                self._entries.pop(key, None)
            raise
        finally:
            entry.users -= 1
            await self._close_idle()

    async def close(self) -> None:
        """Close all of them."""
        entries = list(self._entries.values())
        self._entries.clear()
        for entry in entries:
            entry.copier.cancel()
            await entry.stack.aclose()

    async def _open(self, flow: DataFlow, stack: AsyncExitStack) -> Copier:
        source, destination = flow.source, flow.destination
        if source is None or destination is None:
            raise DataPlaneError("a side is not named", code="address.missing")
        executor = self.executors[destination.mechanism]
        return await stack.enter_async_context(
            executor.open(
                source,
                await self.secrets.get(source.secret),
                destination,
                await self.secrets.get(destination.secret),
            )
        )

    async def _close_idle(self) -> None:
        idle = [key for key, entry in self._entries.items() if entry.users == 0]
        for key in idle[: max(0, len(idle) - _MOST_IDLE)]:
            await self._entries.pop(key).stack.aclose()


def _key(flow: DataFlow) -> tuple[str, ...]:
    # A resume may bring another address or other credentials: another copier then.
    sides = (flow.source, flow.destination)
    return (
        flow.data_flow_id,
        *(each.model_dump_json() if each else "" for each in sides),
    )
