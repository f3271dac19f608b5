"""Names on the bus and in the log."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain import names

TOKEN = re.compile(r"[A-Za-z0-9_-]+")
flow_ids = st.text(min_size=1)


@pytest.mark.parametrize("verb", names.COMMAND_VERBS)
def test_the_verb_of_a_subject_is_the_one_that_it_was_made_of(verb: str) -> None:
    assert names.verb_of(names.command_subject(verb)) == verb
    assert names.verb_of(names.signal_subject(verb)) == verb


@given(flow_id=flow_ids)
def test_any_data_flow_id_makes_subjects_of_plain_tokens(flow_id: str) -> None:
    task = names.task_subject("bulk", flow_id, "0-p1").split(".")
    control = names.control_subject(flow_id).split(".")
    progress = names.progress_subject(flow_id).split(".")
    assert (len(task), len(control), len(progress)) == (5, 3, 3)
    assert all(TOKEN.fullmatch(token) for token in (*task, *control, *progress))


def test_a_subject_is_captured_by_its_own_filter() -> None:
    made = {
        names.COMMAND_SUBJECTS: names.command_subject("start"),
        names.SIGNAL_SUBJECTS: names.signal_subject("start"),
        names.TASK_SUBJECTS: names.task_subject("bulk", "flow-1", "0-p1"),
        names.CONTROL_SUBJECTS: names.control_subject("flow-1"),
        names.PROGRESS_SUBJECTS: names.progress_subject("flow-1"),
        names.WORKER_SUBJECTS: names.worker_subject("worker-1"),
    }
    for pattern, subject in made.items():
        assert subject.startswith(pattern[:-1])
        assert pattern.endswith(">") or "." not in subject.removeprefix(pattern[:-1])


@given(one=flow_ids, other=flow_ids)
@example(one="flow.1", other="Flow.1")
def test_two_flows_never_share_a_name(one: str, other: str) -> None:
    for name in (
        names.data_flow_stream,
        names.transfer_stream,
        names.callback_stream,
        names.flow_token,
        names.control_subject,
    ):
        assert (name(one) == name(other)) is (one == other)


def test_the_streams_of_a_flow_are_four() -> None:
    streams = {
        names.data_flow_stream("flow-1"),
        names.transfer_stream("flow-1"),
        names.callback_stream("flow-1"),
        names.segment_stream("flow-1", "0-p1"),
    }
    assert len(streams) == 4


def test_a_stream_keeps_its_id_for_ever() -> None:
    assert (
        str(names.data_flow_stream("flow-1")) == "3e71fc93-3d1c-59c4-aef0-62236a1f7cd1"
    )


def test_a_task_is_told_from_its_next_attempt() -> None:
    first, again = (names.task_message_id("0-p1", "flow-1", epoch) for epoch in (1, 2))
    assert first != again
    assert first == names.task_message_id("0-p1", "flow-1", 1)


def test_a_secrets_reference_tells_nothing_of_flow_and_message() -> None:
    reference = names.secret_reference("flow-1", "m-start", "source")
    assert "flow-1" not in reference
    assert "m-start" not in reference
    assert reference != names.secret_reference("flow-1", "m-resume", "source")
