"""given(*events).when(command).then(*events), for any aggregate of the domain."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from typing import Generic, TypeVar

import pytest

from domain import data_flow, reception, segment

_Command = TypeVar("_Command")
_Event = TypeVar("_Event")
_State = TypeVar("_State")


@dataclass(frozen=True)
class Spec(Generic[_Command, _Event, _State]):
    """What an aggregate decides, after what has happened to it."""

    decide: Callable[[_Command, _State], tuple[_Event, ...]]
    evolve: Callable[[_State, _Event], _State]
    state: _State

    def given(self, *events: _Event) -> "Spec[_Command, _Event, _State]":
        """After these events."""
        return Spec(self.decide, self.evolve, reduce(self.evolve, events, self.state))

    def when(self, command: _Command) -> "Outcome[_Event]":
        """Told this."""
        return Outcome(lambda: self.decide(command, self.state))


@dataclass(frozen=True)
class Outcome(Generic[_Event]):
    """What one command leads to."""

    decided: Callable[[], tuple[_Event, ...]]

    def then(self, *events: _Event) -> None:
        """Exactly these events."""
        assert self.decided() == events

    def then_nothing(self) -> None:
        """No event: the command is ignored."""
        assert self.decided() == ()

    def then_raises(self, error: type[Exception], match: str) -> None:
        """The command is refused."""
        with pytest.raises(error, match=match):
            self.decided()


given = Spec(data_flow.decide, data_flow.evolve, data_flow.INITIAL).given
given_segment = Spec(segment.decide, segment.evolve, segment.INITIAL).given
given_upload = Spec(reception.decide, reception.evolve, reception.INITIAL).given
