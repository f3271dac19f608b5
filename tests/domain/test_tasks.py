"""A task: what may follow what, what is recorded of it, what its user reads."""

from datetime import datetime, timedelta
from functools import reduce
from zoneinfo import ZoneInfo

import pytest

from domain import task
from domain.errors import DataPlaneError
from domain.message import Event, Metadata, Recorded
from domain.names import data_flow_stream, task_stream
from domain.task import (
    INITIAL,
    CancelTask,
    DeleteTask,
    ReportTask,
    Status,
    SubmitTask,
    Task,
    UnknownTaskError,
)
from domain.task.life import life_of
from domain.task.summary import TaskSummary
from tests import controls

TASK = "task-1"
SEOUL = ZoneInfo("Asia/Seoul")


def after(*events: Event) -> Task:
    return reduce(task.evolve, events, INITIAL)


def of_flow(*events: Event) -> Task:
    return after(controls.task_submitted(data_flow_id=TASK), *events)


def reported(status: Status) -> Task:
    return after(controls.task_submitted(), controls.task_reported(status=status))


def refused(command: task.TaskCommand, known: Task) -> str:
    with pytest.raises(DataPlaneError) as caught:
        task.decide(command, known)
    return caught.value.code


# Submitting, reporting


def test_what_was_submitted_is_submitted_once() -> None:
    fields = dict(controls.task_submitted())
    command = SubmitTask(**fields)
    (event,) = task.decide(command, INITIAL)
    assert event == controls.task_submitted()
    assert task.decide(command, after(event)) == ()
    other = command.model_copy(update={"user_id": "bob"})
    assert refused(other, after(event)) == "task.input-invalid"


@pytest.mark.parametrize("status", [Status.DISPATCHED, Status.RUNNING])
def test_a_report_brings_a_task_forward_and_never_back(status: Status) -> None:
    report = ReportTask(task_id=TASK, status=status)
    (event,) = task.decide(report, after(controls.task_submitted()))
    assert after(controls.task_submitted(), event).status is status
    for over in (Status.COMPLETED, Status.FAILED, Status.CANCELLED):
        assert refused(report, reported(over)) == "task.illegal-transition"


def test_a_report_that_comes_again_counts_once() -> None:
    report = ReportTask(task_id=TASK, message_id="m-1", log=("one",))
    assert task.decide(report, reported(Status.RUNNING)) == ()
    again = report.model_copy(update={"message_id": "m-2"})
    assert len(task.decide(again, reported(Status.RUNNING))) == 1


def test_a_flow_alone_tells_of_its_task() -> None:
    report = ReportTask(task_id=TASK, status=Status.COMPLETED)
    assert refused(report, of_flow(controls.started())) == "task.illegal-transition"


# Cancelling, deleting


def test_what_nobody_has_taken_is_cancelled_at_once() -> None:
    events = task.decide(CancelTask(task_id=TASK), after(controls.task_submitted()))
    assert after(controls.task_submitted(), *events).status is Status.CANCELLED


def test_what_somebody_has_taken_is_cancelled_when_he_says_so() -> None:
    running = reported(Status.RUNNING)
    cancelling = reduce(
        task.evolve, task.decide(CancelTask(task_id=TASK), running), running
    )
    assert cancelling.status is Status.CANCELLING
    assert task.decide(CancelTask(task_id=TASK), cancelling) == ()
    on = ReportTask(task_id=TASK, status=Status.RUNNING)
    assert refused(on, cancelling) == "task.illegal-transition"
    done = ReportTask(task_id=TASK, status=Status.CANCELLED)
    (event,) = task.decide(done, cancelling)
    assert task.evolve(cancelling, event).status is Status.CANCELLED


@pytest.mark.parametrize("status", [Status.COMPLETED, Status.FAILED])
def test_what_is_over_is_not_cancelled(status: Status) -> None:
    cancel = CancelTask(task_id=TASK)
    assert refused(cancel, reported(status)) == "task.illegal-transition"


def test_only_what_is_over_is_deleted_and_then_there_is_none() -> None:
    delete = DeleteTask(task_id=TASK)
    running = reported(Status.RUNNING)
    assert refused(delete, running) == "task.illegal-transition"
    assert task.decide(DeleteTask(task_id=TASK, forced=True), running)
    (event,) = task.decide(delete, reported(Status.COMPLETED))
    gone = task.evolve(reported(Status.COMPLETED), event)
    with pytest.raises(UnknownTaskError):
        task.decide(delete, gone)


# By its flow


@pytest.mark.parametrize(
    ("events", "status"),
    [
        ([controls.starting()], Status.DISPATCHED),
        ([controls.started()], Status.RUNNING),
        ([controls.started(), controls.suspended()], Status.SUSPENDED),
        ([controls.started(), controls.resumed()], Status.RUNNING),
        ([controls.started(), controls.completed()], Status.COMPLETED),
        ([controls.started(), controls.terminated()], Status.CANCELLED),
        ([controls.started(), controls.errored()], Status.FAILED),
        (
            [controls.started(), controls.errored(), controls.terminated()],
            Status.FAILED,
        ),
        (
            [controls.started(), controls.errored(code="storage.credentials-expired")],
            Status.WAITING,
        ),
        (
            [
                controls.started(),
                controls.task_cancel_requested(),
                controls.terminated(),
            ],
            Status.CANCELLED,
        ),
    ],
)
def test_a_task_is_in_the_state_of_its_flow(
    events: list[Event], status: Status
) -> None:
    assert of_flow(*events).status is status


# What a user reads


def recorded(number: int, event: Event) -> Recorded:
    own = event.TOPIC.startswith("task.")
    at = controls.NOW + timedelta(seconds=number)
    return Recorded(
        stream=task_stream(TASK) if own else data_flow_stream(TASK),
        version=number,
        position=number,
        metadata=Metadata(
            **{
                **dict(controls.cause(occurred_at=at)),
                "event_id": controls.EVENT_ID,
                "recorded_at": at,
            }
        ),
        event=event,
    )


def test_a_line_of_the_log_is_stamped_by_the_configured_clock() -> None:
    story = (
        controls.task_submitted(service="sync", data_flow_id=TASK),
        controls.started(),
        controls.completed(),
    )
    life = life_of(recorded(n, event) for n, event in enumerate(story))
    assert life is not None
    told = TaskSummary.of(life, SEOUL, 2)
    assert told.log == (
        "2026-11-21T18:30:01.000000+09:00,Dispatched: the data flow has started",
        "2026-11-21T18:30:02.000000+09:00,Completed",
    )
    stamp, _, _ = told.log[0].partition(",")
    assert datetime.fromisoformat(stamp) == controls.NOW + timedelta(seconds=1)
    assert told.ended_at == controls.NOW + timedelta(seconds=2)
    assert TaskSummary.of(life, SEOUL, 0).log == ()
