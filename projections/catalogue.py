"""The read models that there are."""

from collections.abc import Mapping

from projections import (
    endpoint_health,
    files,
    flow_status,
    flow_timeline,
    history_index,
    multipart_ledger,
    object_report,
    outbox,
    tasks,
    transfer_progress,
    transfer_stats,
)
from projections.read_model import ReadModel

READ_MODELS: Mapping[str, ReadModel] = {
    each.name: each
    for each in (
        flow_status.READ_MODEL,
        transfer_progress.READ_MODEL,
        outbox.READ_MODEL,
        history_index.READ_MODEL,
        object_report.READ_MODEL,
        endpoint_health.READ_MODEL,
        flow_timeline.READ_MODEL,
        multipart_ledger.READ_MODEL,
        transfer_stats.READ_MODEL,
        tasks.READ_MODEL,
        files.READ_MODEL,
    )
}
