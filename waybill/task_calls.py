"""What a client asks about tasks: a user's, or an operator's of anybody."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from domain.task.summary import TaskSummary
from projections.tasks_views import TaskList, TaskStatus, TaskUsers
from waybill.connection import Connection, header

Value = str | int | float | bool
_ROOT = "/api/v1"


class TaskCalls(Connection):
    """Calls about tasks. Without a user they are an operator's, who may all."""

    def submit_task(
        self,
        service: str,
        user: str,
        inputs: Mapping[str, Value | Sequence[Value]],
        *,
        idempotency_key: str | None = None,
    ) -> TaskSummary:
        """Submit a task; with the same key again, it is the same task.

        Inputs go in the body, so that what is secret in them is in no log.
        """
        headers = dict[str, str]()
        if idempotency_key:
            said = header("the idempotency key", idempotency_key)
            headers["Idempotency-Key"] = said
        path = f"{_ROOT}/services/{_part(service)}/users/{_part(user)}/tasks"
        answer = self._call("POST", path, json=dict(inputs), headers=headers)
        return TaskSummary.model_validate_json(answer.content)

    def tasks(
        self,
        service: str | None = None,
        user: str | None = None,
        **filters: str | int,
    ) -> TaskList:
        """A page of tasks, newest first; without a user, of everybody.

        Filters: `status`, `before`, `limit`.
        """
        path = f"{_ROOT}/admin/tasks"
        if service is not None:
            path = f"{_ROOT}/admin/services/{_part(service)}/tasks"
            if user is not None:
                path = f"{_ROOT}/services/{_part(service)}/users/{_part(user)}/tasks"
        answer = self._call("GET", path, params=filters)
        return TaskList.model_validate_json(answer.content)

    def task(self, task_id: str, service: str = "", user: str = "") -> TaskStatus:
        """A task, with the latest lines of its log and its progress; never stale."""
        answer = self._of_task("GET", "", task_id, (service, user))
        return TaskStatus.model_validate_json(answer)

    def cancel_task(
        self, task_id: str, service: str = "", user: str = ""
    ) -> TaskSummary:
        """Have it not go on; safe to repeat."""
        answer = self._of_task("POST", "/cancel", task_id, (service, user))
        return TaskSummary.model_validate_json(answer)

    def delete_task(self, task_id: str, service: str = "", user: str = "") -> None:
        """Show it no more; the event log keeps it."""
        self._of_task("DELETE", "", task_id, (service, user))

    def task_users(self, service: str, **filters: str | int) -> TaskUsers:
        """A page of those who have submitted tasks, by name.

        Filters: `after`, `limit`.
        """
        path = f"{_ROOT}/services/{_part(service)}/users"
        answer = self._call("GET", path, params=filters)
        return TaskUsers.model_validate_json(answer.content)

    def task_help(self) -> Mapping[str, Any]:
        """The endpoints that there are."""
        answer: Mapping[str, Any] = self._call("GET", f"{_ROOT}/help").json()
        return answer

    def _of_task(
        self, method: str, what: str, task_id: str, whose: tuple[str, str]
    ) -> bytes:
        service, user = whose
        if not user:
            path = f"{_ROOT}/admin/tasks/{_part(task_id)}{what}"
            return self._call(method, path).content
        path = f"{_ROOT}/services/{_part(service)}/tasks/{_part(task_id)}{what}"
        return self._call(method, path, params={"user_id": user}).content


def _part(text: str) -> str:
    return quote(text, safe="")
