"""A typed client of the gateway."""

from collections.abc import Generator, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from uuid_utils.compat import uuid7

from domain.limits.summary import LimitsSummary
from projections.endpoint_views import EndpointList
from projections.report_views import ReportPage
from projections.views import (
    Flow,
    FlowList,
    FlowReport,
    Progress,
    ProgressReport,
)
from waybill.audit_calls import AuditCalls
from waybill.connection import ApiError, UnreachableError
from waybill.file_calls import FileCalls
from waybill.moved import MovedCalls
from waybill.proof_calls import ProofCalls
from waybill.task_calls import TaskCalls

__all__ = ["ApiError", "Client", "UnreachableError"]


class Client(AuditCalls, FileCalls, MovedCalls, ProofCalls, TaskCalls):
    """All that can be asked of a gateway.

    Every method raises ApiError with the gateway's stable code, and UnreachableError.
    """

    def start(self, message: Mapping[str, Any]) -> Mapping[str, Any]:
        """Send DataFlowStartMessage; returns DataFlowStatusMessage."""
        return self._send("/dataflows/start", message)

    def prepare(self, message: Mapping[str, Any]) -> Mapping[str, Any]:
        """Send DataFlowPrepareMessage; returns DataFlowStatusMessage."""
        return self._send("/dataflows/prepare", message)

    def signal(self, data_flow_id: str, verb: str, reason: str | None = None) -> bool:
        """Send `suspend`, `resume` or `terminate`.

        Returns whether it is in effect: False when a worker has not confirmed yet.
        """
        body: dict[str, Any] = {"messageId": str(uuid7())}
        if reason is not None:
            body["reason"] = reason
        response = self._call("POST", f"/dataflows/{data_flow_id}/{verb}", json=body)
        confirmation: str = response.headers.get("Waybill-Confirmation", "confirmed")
        return confirmation == "confirmed"

    def approve(self, data_flow_id: str) -> None:
        """Let what the flow has planned be carried out, as it is."""
        body = {"messageId": str(uuid7())}
        self._call("POST", f"/management/dataflows/{data_flow_id}/approve", json=body)

    def prioritize(self, data_flow_id: str, priority: int) -> None:
        """Say how urgent the flow is among those of its tenant: from 1 to 5."""
        body = {"messageId": str(uuid7()), "priority": priority}
        self._call("POST", f"/management/dataflows/{data_flow_id}/priority", json=body)

    def limits(self) -> tuple[LimitsSummary, ...]:
        """What is limited, scope by scope, and which rates hold now."""
        answer: Mapping[str, Any] = self._call("GET", "/management/limits").json()
        return tuple(LimitsSummary.model_validate(each) for each in answer["limits"])

    def set_limits(self, scope: str, limits: Mapping[str, Any]) -> LimitsSummary:
        """Limit a scope, in place of what limited it: names as in the summary."""
        answer = self._call("PUT", _limits_path(scope), json=limits)
        return LimitsSummary.model_validate_json(answer.content)

    def clear_limits(self, scope: str) -> None:
        """Limit a scope no more."""
        self._call("DELETE", _limits_path(scope))

    def endpoints(self) -> EndpointList:
        """What is known of the storage endpoints, and between which of them."""
        answer = self._call("GET", "/management/endpoints")
        return EndpointList.model_validate_json(answer.content)

    def state(self, data_flow_id: str) -> str:
        """The flow's state, never stale."""
        answer = self._call("GET", f"/dataflows/{data_flow_id}/status").json()
        return str(answer["state"])

    def flows(self, **filters: str | int) -> FlowList:
        """A page of the data flows, newest first."""
        answer = self._call("GET", "/management/dataflows", params=filters)
        return FlowList.model_validate_json(answer.content)

    def flow(self, data_flow_id: str) -> Flow:
        """One data flow."""
        answer = self._call("GET", f"/management/dataflows/{data_flow_id}")
        return FlowReport.model_validate_json(answer.content).flow

    def progress(self, data_flow_id: str) -> Progress:
        """How far the copying is."""
        answer = self._call("GET", f"/management/dataflows/{data_flow_id}/progress")
        return ProgressReport.model_validate_json(answer.content).progress

    def watch(self, data_flow_id: str) -> Generator[Progress]:
        """Each change of the progress, until the flow ends or errs."""
        path = f"/management/dataflows/{data_flow_id}/progress/events"
        for event, data in self._events(path):
            if event == "end":
                return
            if event == "progress":
                yield Progress.model_validate_json(data)

    def report(
        self,
        data_flow_id: str,
        *,
        outcome: str = "all",
        after: str | None = None,
        limit: int = 500,
    ) -> ReportPage:
        """A page of what became of each object, and what the whole adds up to."""
        asked: dict[str, str | int] = {"outcome": outcome, "limit": limit}
        if after is not None:
            asked["after"] = after
        path = f"/management/dataflows/{data_flow_id}/report"
        answer = self._call("GET", path, params=asked)
        return ReportPage.model_validate_json(answer.content)

    def report_file(
        self, data_flow_id: str, format_: str, outcome: str = "all"
    ) -> Iterator[bytes]:
        """All of it as `csv`, `jsonl` or `parquet`, piece by piece."""
        asked = {"format": format_, "outcome": outcome}
        path = f"/management/dataflows/{data_flow_id}/report"
        with self._opened(path, params=asked) as response:
            yield from response.iter_bytes()

    def _events(self, path: str) -> Iterator[tuple[str, str]]:
        event = ""
        with self._streamed(path) as lines:
            for line in lines:
                field, _, value = line.partition(": ")
                if field == "event":
                    event = value
                elif field == "data":
                    yield event, value

    def _send(self, path: str, message: Mapping[str, Any]) -> Mapping[str, Any]:
        answer: Mapping[str, Any] = self._call("POST", path, json=message).json()
        return answer


def _limits_path(scope: str) -> str:
    return f"/management/limits/{quote(scope, safe='')}"
