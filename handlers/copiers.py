"""Opened ends of flows, shared by all that this process has in hand of them."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from pydantic import SecretStr

from domain.data_flow import DataFlow
from domain.errors import DataPlaneError, Side
from domain.location import Location
from domain.transfer.sync import Level
from handlers.credential_file import CredentialFile
from handlers.furnishing import adding, cut, furnished, telling
from handlers.mechanisms.pair import Pair
from handlers.mechanisms.streams import Patience
from handlers.ports import (
    Access,
    Copier,
    DestinationEnd,
    Executor,
    Meter,
    SourceEnd,
)
from handlers.secret_store import SecretStore

_MOST_IDLE = 32

_End = TypeVar("_End")


@dataclass
class _Entry(Generic[_End]):
    stack: AsyncExitStack
    end: "asyncio.Task[_End]"
    users: int = 0


@dataclass
class _Ends(Generic[_End]):
    """Opens an end at its first use and keeps it, warm, for the next."""

    opener: Callable[[DataFlow], Awaitable[AbstractAsyncContextManager[_End]]]
    entries: dict[tuple[str, int, str], _Entry[_End]] = field(
        default_factory=dict[tuple[str, int, str], _Entry[_End]]
    )

    @asynccontextmanager
    async def of(self, flow: DataFlow, place: Location | None) -> AsyncGenerator[_End]:
        # A resume may bring another address or other credentials, also behind the same
        # name: another end then.
        said = place.model_dump_json() if place else ""
        key = (flow.data_flow_id, flow.resumes, said)
        entry = self.entries.get(key)
        if entry is None:
            stack = AsyncExitStack()
            task = asyncio.create_task(self._open(flow, stack))
            entry = self.entries[key] = _Entry(stack, task)
        entry.users += 1
        try:
            yield await asyncio.shield(entry.end)
        except BaseException:
            if _broken(entry.end):
                self.entries.pop(key, None)
            raise
        finally:
            entry.users -= 1
            await self._close_idle()

    async def close(self) -> None:
        entries = list(self.entries.values())
        self.entries.clear()
        for entry in entries:
            entry.end.cancel()
            await entry.stack.aclose()

    async def _open(self, flow: DataFlow, stack: AsyncExitStack) -> _End:
        return await stack.enter_async_context(await self.opener(flow))

    async def _close_idle(self) -> None:
        idle = [key for key, entry in self.entries.items() if entry.users == 0]
        for key in idle[: max(0, len(idle) - _MOST_IDLE)]:
            await self.entries.pop(key).stack.aclose()


@dataclass
class Copiers:
    """Opens the sides of flows, each by the executor of its own mechanism."""

    executors: Mapping[str, Executor]
    secrets: SecretStore
    credentials: CredentialFile = field(default_factory=lambda: CredentialFile(None))
    patience: Patience = field(default_factory=Patience)
    lends_own: bool = False

    def __post_init__(self) -> None:
        """Nothing is open yet."""
        self._sources = _Ends(self._source)
        self._destinations = _Ends(self._destination)

    @asynccontextmanager
    async def of(
        self, flow: DataFlow, meter: Meter | None = None
    ) -> AsyncGenerator[Copier]:
        """The copier between the flow's two locations. Raises StorageError."""
        async with self.reading(flow) as source, self.writing(flow) as destination:
            planned = cut(destination, flow.options)
            yield Pair(source, planned, self.patience, meter)

    @asynccontextmanager
    async def reading(self, flow: DataFlow) -> AsyncGenerator[SourceEnd]:
        """The flow's source, opened. Raises StorageError on entering."""
        async with self._sources.of(flow, flow.source) as end:
            yield telling(end, flow.options.properties)

    @asynccontextmanager
    async def writing(self, flow: DataFlow) -> AsyncGenerator[DestinationEnd]:
        """The flow's destination, opened. Raises StorageError on entering."""
        async with self._destinations.of(flow, flow.destination) as end:
            made = furnished(end, flow.options.properties)
            yield adding(made) if flow.options.sync is Level.EXISTS else made

    async def close(self) -> None:
        """Close all of them."""
        await self._sources.close()
        await self._destinations.close()

    async def _source(self, flow: DataFlow) -> AbstractAsyncContextManager[SourceEnd]:
        place = _named(flow.source)
        access = await self._access(flow, place, Side.SOURCE)
        return self.executors[place.mechanism].open_source(place, access)

    async def _destination(
        self, flow: DataFlow
    ) -> AbstractAsyncContextManager[DestinationEnd]:
        place = _named(flow.destination)
        access = await self._access(flow, place, Side.DESTINATION)
        return self.executors[place.mechanism].open_destination(place, access)

    async def _access(self, flow: DataFlow, place: Location, side: Side) -> Access:
        kept = self.credentials.get(place, side)
        if kept:
            return GivenAccess(kept)
        party = flow.terms.counter_party_id if flow.terms else ""
        secrets = await self.secrets.get(place.secret)
        return _StoredAccess(
            self.secrets,
            flow.data_flow_id,
            place.secret,
            secrets,
            party,
            own=self.lends_own or not place.foreign,
        )


@dataclass(frozen=True)
class GivenAccess:
    """Secrets that nobody renews; implements `handlers.ports.Access`."""

    secrets: Mapping[str, SecretStr] = field(default_factory=dict[str, SecretStr])
    counter_party_id: str = ""
    own: bool = True

    async def again(self) -> Mapping[str, SecretStr]:
        """The same."""
        return self.secrets

    async def keep(self, secrets: Mapping[str, SecretStr]) -> None:
        """They are kept nowhere: who gave them will give them again."""


@dataclass(frozen=True)
class _StoredAccess:
    """Secrets of the store; what is renewed takes their place there."""

    store: SecretStore
    data_flow_id: str
    reference: str | None
    secrets: Mapping[str, SecretStr]
    counter_party_id: str
    own: bool

    async def again(self) -> Mapping[str, SecretStr]:
        return await self.store.get(self.reference)

    async def keep(self, secrets: Mapping[str, SecretStr]) -> None:
        if self.reference is not None:
            await self.store.renew(self.data_flow_id, self.reference, secrets)


def _named(place: Location | None) -> Location:
    if place is None:
        raise DataPlaneError("a side is not named", code="address.missing")
    return place


def _broken(opening: "asyncio.Task[_End]") -> bool:
    return opening.done() and (opening.cancelled() or opening.exception() is not None)
