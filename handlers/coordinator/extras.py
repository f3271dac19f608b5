"""Finds what the destination has and the source has not, and plans its deletion.

Nothing is deleted here. Both listings are read to their ends, side by side; whatever
goes wrong on the way ends the comparison, and without a whole one nothing is released.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from domain.data_flow import DataFlow
from domain.errors import DataPlaneError, PlanError
from domain.location import PlanMode
from domain.transfer.deletions import Deletion, Doomed, digest, is_extra, too_many
from domain.transfer.events import DeletionsPlanned, DeletionsWithheld, Route
from domain.transfer.plan import deletion_work
from handlers.coordinator.ahead import Listable
from handlers.coordinator.origins import PAGE_OBJECTS
from handlers.coordinator.owning import Owning
from handlers.coordinator.places import Places
from handlers.coordinator.transfer_writer import Birth, TransferWriter
from handlers.ports import Copier, ObjectInfo
from handlers.worker.deletions import Deletable
from handlers.worker.retry import retried

_ATTEMPTS = 6
# So often the place is recorded where nothing is extra.
_LISTED_PER_PAGE = 50_000


class Walk:
    """One listing, read on and never back: a page in memory.

    Raises PlanError where the keys are not in order: a name that comes too late would
    look as if it were missing.
    """

    def __init__(self, store: Listable, prefix: str, after: str | None) -> None:
        """Begins behind the name `after`; names are what follows the prefix.

        `ended`: nothing is left to be read.
        """
        self._store = store
        self._prefix = prefix
        self._cursor = None if after is None else prefix + after
        self._last = self._cursor
        self.ended = False
        self._waiting: deque[ObjectInfo] = deque()

    async def page(self) -> Sequence[tuple[str, ObjectInfo]]:
        """The next objects by their names; none at the end."""
        while not self._waiting and not self.ended:
            await self._read_on()
        found = [(self._name(each), each) for each in self._waiting]
        self._waiting.clear()
        return found

    async def at(self, name: str) -> ObjectInfo | None:
        """The object of that name, which comes behind all that was asked for before."""
        key = self._prefix + name
        while True:
            while self._waiting and self._waiting[0].key < key:
                self._waiting.popleft()
            if self._waiting or self.ended:
                break
            await self._read_on()
        first = self._waiting[0] if self._waiting else None
        return first if first is not None and first.key == key else None

    async def _read_on(self) -> None:
        cursor = self._cursor
        page = await retried(
            _ATTEMPTS, lambda: self._store.list_page(cursor, PAGE_OBJECTS)
        )
        for each in page.objects:
            in_order = self._last is None or each.key > self._last
            if not in_order or not each.key.startswith(self._prefix):
                raise PlanError(
                    "a listing is not in the order of its keys:"
                    " what is extra cannot be told from it"
                )
            self._last = each.key
        self._waiting.extend(page.objects)
        self._cursor, self.ended = page.cursor, page.cursor is None

    def _name(self, each: ObjectInfo) -> str:
        return each.key.removeprefix(self._prefix)


@dataclass
class _Tally:
    """What was found since the last record."""

    listed: int = 0
    kept: int = 0
    doomed: list[Doomed] = field(default_factory=list[Doomed])


class Extras:
    """The deletions of one transfer. May be interrupted anywhere, and called again."""

    def __init__(
        self,
        writer: TransferWriter,
        flow: DataFlow,
        copier: Copier,
        places: Places,
        owning: Owning,
    ) -> None:
        """Both places must be prefixes."""
        self._owning = owning
        self._writer = writer
        self._flow = flow
        self._copier = copier
        self._places = places

    async def find(self) -> None:
        """Plan them all; or say that they are too many. Raises DataPlaneError."""
        if not self._writer.state.deletions.complete:
            await self._compare()
        found = self._writer.state.deletions
        if found.settled:
            return
        why = too_many(
            self._asked,
            found.deletes,
            found.listed,
            approved=self._flow.options.plan is not PlanMode.RUN,
        )
        if why is not None:
            await self._writer.append(
                DeletionsWithheld(
                    data_flow_id=self._flow.data_flow_id,
                    code="plan.too-many-deletes",
                    detail=why,
                )
            )

    @property
    def _asked(self) -> Deletion:
        asked = self._flow.options.deletion
        assert asked is not None  # noqa: S101 (else nobody looks for extras)
        return asked

    async def _compare(self) -> None:
        store, prefix = self._copier.destination, self._places.to_prefix
        if not (isinstance(store, Listable) and isinstance(store, Deletable)):
            raise DataPlaneError(
                "the destination cannot be listed and deleted from",
                code="plan.deletes-unsupported",
            )
        after = self._writer.state.deletions.cursor
        there = Walk(store, prefix or "", after)
        here = Walk(self._copier.source, self._places.source_prefix or "", after)
        tally = _Tally()
        ended = False
        while not ended:
            page = await there.page()
            ended = there.ended
            for name, each in page:
                await self._judge(name, each, here, tally)
            if not ended and (tally.doomed or tally.listed >= _LISTED_PER_PAGE):
                await self._record(tally, page[-1][0])
                tally = _Tally()
        await self._record(tally, None)

    async def _judge(
        self, name: str, there: ObjectInfo, walk: Walk, tally: _Tally
    ) -> None:
        selection = self._flow.options.selection
        tally.listed += 1
        here = await walk.at(name)
        if selection.needs_times and there.modified_at is None:
            raise PlanError("the destination does not tell when its objects were made")
        if is_extra(name, there, here, selection, self._asked):
            # What the source has, and is left out by the filters, is not asked for.
            key = None if here else (self._places.source_prefix or "") + name
            page = self._writer.state.deletions.pages
            tally.doomed.append(
                Doomed(
                    object_id=f"x{page}-{len(tally.doomed)}",
                    key=there.key,
                    size_bytes=there.size_bytes,
                    etag=there.etag,
                    source_key=key,
                )
            )
        elif here is None and name:
            tally.kept += 1

    async def _record(self, tally: _Tally, cursor: str | None) -> None:
        before = self._writer.state.deletions
        # What another flow writes just now is not what was listed: it stays.
        whose = await self._owning.take([each.key for each in tally.doomed])
        doomed = [each for each in tally.doomed if each.key not in whose]
        births = [
            Birth(name, Route.DELETE, work)
            for name, work in deletion_work(before.pages, doomed)
        ]
        event = DeletionsPlanned(
            data_flow_id=self._flow.data_flow_id,
            page=before.pages,
            cursor=cursor,
            listed=tally.listed,
            deletes=len(doomed),
            size_bytes=sum(each.size_bytes for each in doomed),
            kept=tally.kept,
            claimed=len(whose),
            digest=digest(before.digest, doomed),
            segments=tuple(each.segment_id for each in births),
        )
        await self._writer.append(event, journals=births)
