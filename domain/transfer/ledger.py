"""A mapping that is never changed, and whose changed copy costs little at any size.

What a transfer knows of its large objects is folded from one event per object: copying
a dict each time would cost the square of their number.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Generic, TypeVar
from zlib import crc32

_V = TypeVar("_V")

# Two levels of so many drawers each: a change copies one of each level.
_WIDTH = 64
_NOTHING: dict[str, Any] = {}
_NO_SHELF = (_NOTHING,) * _WIDTH


@dataclass(frozen=True, eq=False)
class Ledger(Mapping[str, _V], Generic[_V]):
    """In the order in which its keys came, as a dict. Made by `with_` and `without`."""

    # Shelves of drawers of (place in the order, value) by key; by the key's checksum,
    # so that it is the same in every process.
    _shelves: tuple[tuple[dict[str, tuple[int, _V]], ...], ...] = (_NO_SHELF,) * _WIDTH
    _count: int = 0
    _next: int = field(default=0, repr=False)

    def __getitem__(self, key: str) -> _V:
        """The value. Raises KeyError."""
        shelf, drawer = _place(key)
        return self._shelves[shelf][drawer][key][1]

    def __iter__(self) -> Iterator[str]:
        """The keys, those that came first first."""
        drawers = chain.from_iterable(self._shelves)
        held = chain.from_iterable(drawer.items() for drawer in drawers if drawer)
        return iter([key for key, _ in sorted(held, key=lambda each: each[1][0])])

    def __len__(self) -> int:
        """How many keys."""
        return self._count

    def with_(self, key: str, value: _V) -> "Ledger[_V]":
        """With this key; one that is there keeps its place."""
        shelf, drawer = _place(key)
        held = self._shelves[shelf][drawer]
        known = held.get(key)
        at = self._next if known is None else known[0]
        return Ledger(
            self._changed(shelf, drawer, {**held, key: (at, value)}),
            self._count + (known is None),
            self._next + (known is None),
        )

    def without(self, key: str) -> "Ledger[_V]":
        """Without this key, whether it is there or not."""
        shelf, drawer = _place(key)
        held = self._shelves[shelf][drawer]
        if key not in held:
            return self
        rest = {name: each for name, each in held.items() if name != key}
        changed = self._changed(shelf, drawer, rest)
        return Ledger(changed, self._count - 1, self._next)

    def _changed(
        self, shelf: int, drawer: int, held: dict[str, tuple[int, _V]]
    ) -> tuple[tuple[dict[str, tuple[int, _V]], ...], ...]:
        drawers = list(self._shelves[shelf])
        drawers[drawer] = held
        shelves = list(self._shelves)
        shelves[shelf] = tuple(drawers)
        return tuple(shelves)


def _place(key: str) -> tuple[int, int]:
    return divmod(crc32(key.encode()) % (_WIDTH * _WIDTH), _WIDTH)
