"""What may be added to the journal of a resumable upload."""

from functools import reduce
from typing import Any

import pytest
from hypothesis import given as each
from hypothesis import strategies as st

from domain import upload
from domain.errors import DataPlaneError
from domain.upload import Phase, Upload, UploadEvent
from domain.upload.commands import UploadCommand
from domain.upload.events import ChunkStored
from domain.upload.plan import (
    MIB,
    MOST_CHUNKS,
    chunk_count,
    chunk_length,
    fitting,
    missing,
)
from domain.upload.state import TRANSITIONS
from tests.controls import (
    abort_filing,
    begin_filing,
    chunk_stored,
    complete_filing,
    filing_aborted,
    filing_begun,
    filing_completed,
    filing_sealed,
    seal_filing,
    store_chunk,
)
from tests.domain.spec import Spec

given = Spec(upload.decide, upload.evolve, upload.INITIAL).given

CHUNKS = tuple(chunk_stored(index=index) for index in range(3))
WHOLE: tuple[UploadEvent, ...] = (filing_begun(), *CHUNKS)
SEALED: tuple[UploadEvent, ...] = (*WHOLE, filing_sealed())
COMPLETED: tuple[UploadEvent, ...] = (*SEALED, filing_completed())
ABORTED: tuple[UploadEvent, ...] = (filing_begun(), CHUNKS[0], filing_aborted())
TUS = filing_begun(protocol="tus", chunk_size_bytes=None)


def refused(code: str, *events: UploadEvent, by: UploadCommand) -> str:
    """The refusal's code is what a sender acts by."""
    state = reduce(upload.evolve, events, upload.INITIAL)
    with pytest.raises(DataPlaneError) as raised:
        upload.decide(by, state)
    assert raised.value.code == code
    return raised.value.detail


# Decided


def test_an_upload_is_begun_once() -> None:
    given().when(begin_filing()).then(filing_begun())
    given(filing_begun()).when(begin_filing()).then_nothing()
    refused("upload.over", filing_begun(), by=begin_filing(size_bytes=1))


@pytest.mark.parametrize("index", range(3))
def test_chunks_come_in_any_order(index: int) -> None:
    given(filing_begun()).when(store_chunk(index=index)).then(CHUNKS[index])


def test_whole_it_is_sealed_and_then_completed() -> None:
    given(*WHOLE).when(seal_filing()).then(filing_sealed())
    given(*SEALED).when(complete_filing()).then(filing_completed())


def test_other_bytes_than_were_promised_end_it() -> None:
    promised: tuple[UploadEvent, ...] = (filing_begun(sha256="aa" * 32), *CHUNKS)
    given(*promised).when(seal_filing()).then(
        filing_aborted(reason="failed", code="file.mismatch")
    )


def test_an_upload_of_nothing_is_whole_at_once() -> None:
    nothing = filing_begun(size_bytes=0)
    given(nothing).when(seal_filing()).then(filing_sealed(size_bytes=0))


def test_at_an_offset_it_goes_on_with_any_length() -> None:
    first = {"index": 0, "offset": 0, "size_bytes": 5}
    then = {"index": 1, "offset": 5, "size_bytes": 20 * MIB - 5}
    given(TUS).when(store_chunk(**first)).then(chunk_stored(**first))
    given(TUS, chunk_stored(**first)).when(store_chunk(**then)).then(
        chunk_stored(**then)
    )


# Ignored: recorded already


def test_a_chunk_that_comes_again_is_recorded_once() -> None:
    journals: tuple[tuple[UploadEvent, ...], ...] = (WHOLE, SEALED, COMPLETED)
    for events in journals:
        given(*events).when(store_chunk(index=1, etag="other")).then_nothing()


def test_a_completion_that_comes_again_changes_nothing() -> None:
    given(*SEALED).when(seal_filing()).then_nothing()
    given(*COMPLETED).when(complete_filing()).then_nothing()
    given(*ABORTED).when(abort_filing(reason="expired")).then_nothing()


# Refused


def test_what_nobody_has_begun_is_unknown() -> None:
    for command in (store_chunk(), seal_filing(), complete_filing(), abort_filing()):
        refused("upload.unknown", by=command)


def test_what_is_over_takes_nothing() -> None:
    refused("upload.over", *ABORTED, by=store_chunk(index=1))
    refused("upload.over", *ABORTED, by=seal_filing())
    refused("upload.over", *COMPLETED, by=abort_filing())


def test_what_is_missing_is_named() -> None:
    detail = refused("upload.incomplete", filing_begun(), CHUNKS[1], by=seal_filing())
    assert detail.endswith("missing chunks: 0, 2")
    refused("upload.incomplete", *WHOLE, by=complete_filing())


@pytest.mark.parametrize(
    "wrong", [{"index": 3}, {"index": -1}, {"size_bytes": 7}, {"offset": 1}]
)
def test_a_chunk_is_as_the_upload_was_cut(wrong: dict[str, Any]) -> None:
    refused("upload.chunk-invalid", filing_begun(), by=store_chunk(**wrong))


def test_another_offset_is_a_conflict() -> None:
    refused("upload.offset-conflict", TUS, by=store_chunk(index=0, offset=1))


@pytest.mark.parametrize("size", [0, 20 * MIB + 1])
def test_what_goes_on_fits(size: int) -> None:
    wrong = store_chunk(index=0, offset=0, size_bytes=size)
    refused("upload.chunk-invalid", TUS, by=wrong)


def test_a_bucket_takes_equal_pieces_and_the_rest() -> None:
    begun = filing_begun(protocol="tus")
    short = store_chunk(index=0, offset=0, size_bytes=8 * MIB - 1)
    refused("upload.chunk-invalid", begun, by=short)
    given(begun, CHUNKS[0], CHUNKS[1]).when(store_chunk(index=2)).then(CHUNKS[2])


def test_sealed_it_is_ended_only_by_who_knows_that_there_is_no_file() -> None:
    refused("upload.over", *SEALED, by=abort_filing())
    lost = {"reason": "failed", "code": "storage.upload-lost"}
    given(*SEALED).when(abort_filing(**lost)).then(filing_aborted(**lost))


# Any order, any repetition, any crash


@each(st.data(), st.integers(0, 40), st.integers(1, 9))
def test_whatever_comes_however_often_it_is_whole_exactly_once(
    data: st.DataObject, size: int, chunk: int
) -> None:
    count = chunk_count(size, chunk)
    order = data.draw(st.permutations(range(count)))
    again = data.draw(st.lists(st.sampled_from(order))) if count else []
    begun = filing_begun(size_bytes=size, chunk_size_bytes=chunk)
    journal: list[UploadEvent] = [begun]
    for index in (*again, *order):
        # Whoever was killed knows only what the journal says.
        state = reduce(upload.evolve, journal, upload.INITIAL)
        left = [i for run in state.missing() for i in range(run.first, run.last + 1)]
        there = {e.index for e in journal[1:] if isinstance(e, ChunkStored)}
        assert set(left) == set(range(count)) - there
        length = chunk_length(size, chunk, index)
        place = {"index": index, "offset": index * chunk, "size_bytes": length}
        journal += upload.decide(store_chunk(**place), state)
    state = reduce(upload.evolve, journal, upload.INITIAL)
    assert state.is_whole
    assert len(journal) == count + 1
    assert upload.decide(seal_filing(), state)


@each(st.lists(st.sampled_from(["seal", "complete", "abort", "fail", 0, 1, 2])))
def test_a_phase_only_goes_where_it_may(steps: list[str | int]) -> None:
    commands: dict[str | int, UploadCommand] = {
        "seal": seal_filing(),
        "complete": complete_filing(),
        "abort": abort_filing(),
        "fail": abort_filing(reason="failed"),
        **{index: store_chunk(index=index) for index in range(3)},
    }
    state: Upload = reduce(upload.evolve, [filing_begun()], upload.INITIAL)
    for step in steps:
        try:
            events = upload.decide(commands[step], state)
        except DataPlaneError:
            continue
        after = reduce(upload.evolve, events, state)
        assert after.phase in TRANSITIONS[state.phase] | {state.phase}
        # Told again, nothing comes of it.
        assert upload.decide(commands[step], after) == ()
        state = after
    assert state.phase is not Phase.COMPLETED or state.is_whole


@each(
    st.integers(0, 1 << 50),
    st.integers(1, 1 << 30),
    st.none() | st.integers(5 * MIB, 1 << 30),
)
def test_no_upload_has_too_many_chunks_or_too_small_ones(
    size: int, wanted: int, least: int | None
) -> None:
    chunk = fitting(size, wanted, least)
    assert chunk_count(size, chunk) <= MOST_CHUNKS
    assert chunk >= (least or 1)
    assert chunk >= min(wanted, size)


@each(st.integers(0, 60), st.sets(st.integers(0, 80)))
def test_runs_are_all_that_is_missing_and_nothing_else(
    count: int, there: set[int]
) -> None:
    runs = list(missing(count, there))
    named = [index for run in runs for index in range(run.first, run.last + 1)]
    assert named == [index for index in range(count) if index not in there]
