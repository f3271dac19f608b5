"""How much of each data flow's copying is done?"""

from collections import Counter
from collections.abc import Mapping, Sequence

from psycopg import AsyncConnection

from domain.message import Recorded
from projections import rows
from projections.flow_states import flow_of
from projections.losses import MAY_FAIL, lost_objects
from projections.progress_folds import FOLDS, fold
from projections.progress_row import TransferProgress
from projections.read_model import ReadModel

_TABLE, _FAILURES = "transfer_progress", "transfer_failures"


async def apply(connection: AsyncConnection, page: Sequence[Recorded]) -> None:
    """Fold the page onto its flows' rows, then count the objects that it lost."""
    relevant = [(flow_of(each), each) for each in page if type(each.event) in FOLDS]
    flows = {flow for flow, _ in relevant}
    if not flows:
        return
    known = {
        row.data_flow_id: row
        for row in await rows.load(connection, _TABLE, TransferProgress, flows)
    }
    for flow, each in relevant:
        if flow not in known:
            known[flow] = TransferProgress(
                flow, each.metadata.recorded_at, each.position
            )
        fold(known[flow], each)
    failures = [each for each in page if isinstance(each.event, MAY_FAIL)]
    await _count_failures(connection, known, failures)
    await rows.store(connection, _TABLE, ("data_flow_id",), known.values())


READ_MODEL = ReadModel.of(
    "transfer_progress", (_TABLE, _FAILURES), apply, *FOLDS, *MAY_FAIL
)


async def _count_failures(
    connection: AsyncConnection,
    known: Mapping[str, TransferProgress],
    failures: Sequence[Recorded],
) -> None:
    # An object may fail in several segments, and counts once: the table remembers it.
    lost = await lost_objects(connection, failures)
    for flow, count in Counter(await rows.add(connection, _FAILURES, lost)).items():
        if not known[flow].transfer_complete:
            known[flow].objects_failed += count
