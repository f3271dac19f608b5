"""The keys and seals of an export: which pages they vouch for."""

from collections.abc import Collection
from dataclasses import dataclass, field

from domain.notary.check import Checker, as_signed
from domain.notary.encoding import Stored, entry, split
from domain.notary.findings import Finding, Wrong
from domain.notary.key_chain import KeyChain, SignedKey
from domain.notary.seals import Seal
from domain.notary.signing import Verify
from domain.notary.statements import SealStatement


@dataclass
class _Page:
    last: int
    digests: dict[int, bytes]


@dataclass
class Segment:
    """Takes keys, then seals, then events; `fault` is what is wrong with the seals."""

    verify: Verify
    trusted: Collection[str] = ()
    keys: list[SignedKey] = field(default_factory=list[SignedKey])
    seals: int = 0
    first: SealStatement | None = None
    fault: Finding | None = None
    pages: list[_Page] = field(default_factory=list[_Page])
    _chain: KeyChain | None = None
    _checker: Checker | None = None
    _page: int = 0

    @property
    def chain(self) -> KeyChain:
        """The keys, once all of them are there."""
        if self._chain is None:
            self._chain = KeyChain.of(self.keys, self.verify, self.trusted)
        return self._chain

    @property
    def checker(self) -> Checker:
        """How far the seals are good. An export begins somewhere in the chain."""
        if self._checker is None:
            first = self.first
            self._checker = Checker(
                self.chain,
                self.verify,
                number=first.number - 1 if first else 0,
                last=first.after if first else 0,
                previous=None,
            )
        return self._checker

    def add(self, seal: Seal, *, told: bool) -> None:
        """The next seal; whether its entries were `told`. None behind a bad one."""
        if self.fault:
            return
        if not self.seals:
            self.first = SealStatement.read(seal.statement)
        statement = self.checker.follows(seal)
        if isinstance(statement, Finding):
            self.fault = statement
            if not self.seals:
                # What it says of its place is nobody's word.
                self.first = self._checker = None
            return
        if told and not as_signed(statement, seal.entries):
            detail = "the digests beside the seal are not those that were signed"
            self.fault = self.checker.fault(Wrong.FORGED_SEAL, detail, statement.last)
            return
        self.seals += 1
        self.checker.passed(statement, seal)
        self.pages.append(_Page(statement.last, dict(split(seal.entries))))

    def judge(self, event: Stored) -> Wrong | bool:
        """What is wrong with the next event; or, where nothing is, if it is sealed."""
        if event.position > self.checker.last:
            return False
        if self.first is None or event.position <= self.first.after:
            return Wrong.INSERTED
        while self.pages[self._page].last < event.position:
            self._page += 1
        digests = self.pages[self._page].digests
        digest = entry(event)[-32:]
        sealed = digests.get(event.position)
        if sealed == digest:
            return True
        if digest in digests.values():
            return Wrong.REORDERED
        return Wrong.INSERTED if sealed is None else Wrong.ALTERED
