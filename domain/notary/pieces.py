"""Cuts the entries of a log into those of its pages."""

from collections.abc import Iterable

from domain.notary.check import Checker
from domain.notary.encoding import ENTRY_BYTES, count, position_at
from domain.notary.findings import Finding
from domain.notary.seals import Seal
from domain.notary.statements import SealStatement


class Pieces:
    """The entries of a log, in order, taken from the front."""

    def __init__(self, entries: bytes = b"") -> None:
        """More of them come by `add`."""
        self._entries = entries
        self._begin = 0

    def add(self, entries: bytes) -> None:
        """Those that follow."""
        self._entries = self._entries[self._begin :] + entries
        self._begin = 0

    def take(self, last: int, likely: int = 0) -> bytes:
        """Those up to a position; it is quick where there are `likely` so many."""
        begin = self._begin
        end = min(begin + likely * ENTRY_BYTES, len(self._entries))
        while end > begin and self._position(end - ENTRY_BYTES) > last:
            end -= ENTRY_BYTES
        while end < len(self._entries) and self._position(end) <= last:
            end += ENTRY_BYTES
        self._begin = end
        return self._entries[begin:end]

    def rest(self) -> int:
        """How many are left."""
        return count(self._entries) - self._begin // ENTRY_BYTES

    def _position(self, offset: int) -> int:
        return position_at(self._entries, offset // ENTRY_BYTES)


def first_fault(
    checker: Checker, seals: Iterable[Seal], entries: bytes
) -> Finding | None:
    """What is wrong first with a log, all of whose entries are at hand."""
    pieces = Pieces(entries)
    for seal in seals:
        said = SealStatement.read(seal.statement)
        found = pieces.take(said.last, said.count) if said else b""
        if finding := checker.take(seal, found):
            return finding
    return checker.unreached()
