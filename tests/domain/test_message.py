"""What travels beside a message."""

import pytest
from pydantic import ValidationError

from tests.controls import EVENT_ID, LATER, metadata, suspend


def test_what_an_event_causes_points_back_to_it() -> None:
    cause = metadata().follow("dispatcher", LATER)
    assert cause.causation_id == str(EVENT_ID)
    assert cause.correlation_id == metadata().correlation_id
    assert (cause.actor, cause.occurred_at) == ("dispatcher", LATER)


def test_a_message_takes_no_field_that_it_does_not_know() -> None:
    with pytest.raises(ValidationError, match="surprise"):
        suspend(surprise=1)


def test_a_message_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        suspend().reason = "another"  # type: ignore[misc]
