"""What is not taken, before and while it comes: too large, or no room for it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from domain.errors import DataPlaneError, Side
from handlers.files.blocks import no_space
from handlers.files.store import FileStore


@dataclass(frozen=True)
class Guards:
    """`max_bytes` 0 is no limit. All raise `file.too-large` or `file.no-space`."""

    store: FileStore
    max_bytes: int = 0

    def require_size(self, size_bytes: int) -> None:
        """Refuse a file of this size, before a byte of it is read."""
        if self.max_bytes and size_bytes > self.max_bytes:
            raise DataPlaneError(
                f"a file may have {self.max_bytes} bytes",
                code="file.too-large",
                side=Side.CALLER,
            )

    async def require_room(self, size_bytes: int) -> None:
        """Refuse what would leave too little room; of unknown size: 0."""
        room = await self.store.room()
        if room is not None and room <= size_bytes:
            raise no_space()

    async def bounded(self, body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """The same bytes, broken off where they become too many."""
        size = 0
        async for chunk in body:
            size += len(chunk)
            self.require_size(size)
            yield chunk
