"""What an auditor asks of a gateway: history, the past, reasons, receipts."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

import httpx

from domain.receipts import ReceiptFile
from projections.explain import Explanation
from projections.past.views import Differences, FlowState
from projections.views import HistoryLine
from waybill.connection import Connection

# A long history is read for each answer.
_PATIENCE_SECONDS = 600
_NDJSON = {"Accept": "application/x-ndjson"}


class AuditCalls(Connection):
    """Moments are positions of the log or times of ISO 8601, as text."""

    def history(self, data_flow_id: str, **filters: Any) -> Iterator[HistoryLine]:
        """Every event of the flow, as it is stored, in order.

        `filters` are those of the API: `topic` and `kind` (lists), `actor`, `since`,
        `until`, `after`, `to`; None is as if it were left out.
        """
        said = {n: value for n, value in filters.items() if value not in (None, [])}
        path = f"{_audit(data_flow_id)}/events"
        with self._streamed(path, headers=_NDJSON, params=said) as lines:
            for line in lines:
                if line:
                    yield HistoryLine.model_validate_json(line)

    def state_at(self, data_flow_id: str, moment: str | None = None) -> FlowState:
        """The flow as it was at a moment, or (None) as it is."""
        said = {"asOf": moment} if moment else {}
        answer = self._asked(data_flow_id, "state", said)
        return FlowState.model_validate_json(answer.content)

    def differences(
        self, data_flow_id: str, begin: str, end: str | None = None
    ) -> Differences:
        """What happened between two moments, or (None) since the first."""
        said = {"from": begin} | ({"to": end} if end else {})
        answer = self._asked(data_flow_id, "diff", said)
        return Differences.model_validate_json(answer.content)

    def why(self, data_flow_id: str, moment: str | None = None) -> Explanation:
        """Why it is not done, what slowed it, what was decided; now, or then."""
        said = {"asOf": moment} if moment else {}
        answer = self._asked(data_flow_id, "why", said)
        return Explanation.model_validate_json(answer.content)

    def receipt(self, data_flow_id: str) -> ReceiptFile:
        """The signed receipt of a completed flow; large ones without their objects."""
        answer = self._asked(data_flow_id, "receipt", {})
        return ReceiptFile.model_validate_json(answer.content)

    def receipt_objects(self, data_flow_id: str) -> Iterator[bytes]:
        """All objects of a receipt as JSON lines, piece by piece."""
        with self._opened(f"{_audit(data_flow_id)}/receipt/objects") as response:
            yield from response.iter_bytes()

    def _asked(
        self, data_flow_id: str, what: str, said: Mapping[str, str]
    ) -> httpx.Response:
        path = f"{_audit(data_flow_id)}/{what}"
        return self._call("GET", path, params=said, timeout=_PATIENCE_SECONDS)


def _audit(data_flow_id: str) -> str:
    return f"/audit/dataflows/{quote(data_flow_id, safe='')}"
