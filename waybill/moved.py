"""What a client asks about what was moved: sums, uploads, timelines."""

from collections.abc import Sequence

from projections.ledger_views import Ledger
from projections.stats_views import Stats
from projections.timeline_views import Timeline, TimelineReport
from waybill.connection import Connection


class MovedCalls(Connection):
    """Calls about what was moved."""

    def stats(self, per: Sequence[str] = (), **filters: str) -> Stats:
        """What was moved, summed up per `day`, `agreement`, `counter-party`.

        Filters: `since`, `until` (days), `agreementId`, `counterPartyId`.
        """
        asked: dict[str, str | list[str]] = {**filters, "per": list(per)}
        answer = self._call("GET", "/management/stats", params=asked)
        return Stats.model_validate_json(answer.content)

    def uploads(self, **filters: str | int) -> Ledger:
        """A page of the multipart ledger, newest first.

        Filters: `state`, `dataFlowId`, `endpoint`, `before`, `limit`.
        """
        answer = self._call("GET", "/management/uploads", params=filters)
        return Ledger.model_validate_json(answer.content)

    def timeline(self, data_flow_id: str) -> Timeline:
        """When the flow did what."""
        path = f"/management/dataflows/{data_flow_id}/timeline"
        answer = self._call("GET", path)
        return TimelineReport.model_validate_json(answer.content).timeline
