"""A log of flows that can be archived, and what is asked of it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import psycopg
from typer.testing import CliRunner

from domain.message import Event
from domain.notary.export import ExportCheck
from domain.notary.verdict import Verdict
from projections.history import history, stored_events
from projections.notary.exporting import export
from projections.notary.keys import Signer, verify_with
from projections.part_map import part_map
from projections.part_map_views import MapStep
from projections.past.views import FlowState
from projections.past.walk import Walk
from projections.views import HistoryLine
from tests import controls
from tests.projections import events as made
from tests.projections.story import Story
from tests.projections.tampering import Sealed, verified
from tests.projections.test_rebuild import execute
from tests.services import BucketPair
from waybill.cli import app


def life(flow: str) -> list[Event]:
    """A flow that is over, and owes nobody anything."""
    return [
        made.started(flow),
        made.planning(flow),
        controls.upload_created(data_flow_id=flow, object_id="o"),
        made.page(flow),
        made.segment_planned("o-p0", made.parts_work("o", 1, 40), flow),
        made.planned(flow),
        made.leased("o-p0", flow),
        controls.circuit_opened(data_flow_id=flow, segment_id="o-p0"),
        *(made.part("o-p0", number, flow) for number in range(1, 41)),
        made.done("o-p0", flow),
        made.object_copied("o", flow=flow),
        made.segment_planned("0-k0", made.pack_work("a", "b"), flow),
        made.leased("0-k0", flow),
        made.objects("0-k0", made.outcome("a"), made.outcome("b"), flow=flow),
        made.done("0-k0", flow),
        made.transfer_completed(flow),
        made.completed(flow, by="control-plane"),
    ]


@dataclass(frozen=True)
class House:
    """A sealed log of three flows, of which `running` is not over."""

    sealed: Sealed
    pair: BucketPair

    @property
    def story(self) -> Story:
        return self.sealed.story

    async def lines(
        self, flow: str, after: int = 0, limit: int = 500
    ) -> list[HistoryLine]:
        async with self.story.log.pool.connection() as connection:
            found = await history(connection, flow, after=after, limit=limit)
        return found or []

    async def parts(self, flow: str) -> list[MapStep]:
        """Read in two pages."""
        async with self.story.log.pool.connection() as connection:
            first = await part_map(connection, flow, after=0, limit=17)
            assert first is not None
            after = first.position
            second = await part_map(connection, flow, after=after, limit=900)
        assert second is not None
        steps = [*first.steps, *second.steps]
        assert len([each for each in steps if each.part]) == 40
        return steps

    async def at(self, flow: str, positions: Sequence[int]) -> list[FlowState]:
        walk = Walk(flow, positions)
        async with self.story.log.pool.connection() as connection:
            walk.add(await stored_events(connection, flow) or ())
        return [stop.state for stop in walk.stops()]

    async def exported(self, flow: str) -> Verdict:
        check = ExportCheck(verify_with)
        signer = Signer.from_file(self.sealed.key_file)
        async for line in export(self.story.log.pool, signer, flow):
            check.line(line)
        return check.verdict()

    def verdict(self) -> Verdict:
        with psycopg.connect(self.story.url) as connection:
            return verified(connection)

    async def settle(self) -> None:
        await self.story.project()
        await self.sealed.seal()


async def run(*arguments: str) -> tuple[int, str]:
    result = await asyncio.to_thread(CliRunner().invoke, app, list(arguments))
    return result.exit_code, result.output


async def left(house: House, flow: str) -> set[str]:
    """The topics that the tables still hold of a flow."""
    rows = await execute(
        house.story,
        b"SELECT DISTINCT topic FROM waybill_events"
        b" WHERE position('\"data_flow_id\":\"%s\"' in convert_from(state, 'UTF8')) > 0"
        % flow.encode(),
    )
    return {row[0] for row in rows}
