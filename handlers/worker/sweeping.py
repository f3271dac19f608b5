"""Tidies up behind a process that was killed with a segment in its hand."""

from typing import Protocol, runtime_checkable

from handlers.ports import DestinationStore


@runtime_checkable
class Sweeps(Protocol):
    """A destination store that such a process may leave untidy."""

    async def sweep(self) -> None:
        """Tidy up. What cannot be tidied up is logged, and stops nothing."""
        ...


async def swept(store: DestinationStore, leases: int) -> None:
    """Whatever an earlier one of so many leases may have left beside its objects."""
    if leases > 1 and isinstance(store, Sweeps):
        await store.sweep()
