"""Which of a flow's segments are next: small objects and large ones in turn."""

from collections.abc import Iterator, Sequence
from typing import Protocol, TypeVar


class _Kind(Protocol):
    @property
    def kind(self) -> str: ...


_T = TypeVar("_T", bound=_Kind)


def mixed(ready: Sequence[_T], held: Sequence[_Kind], most: int) -> list[_T]:
    """At most so many of `ready`, which is in the order of the plan.

    Completions first; then packs of small objects and parts of large ones in turn, by
    which of the two kinds the flow has less of: so neither one huge object nor a
    million of small ones keeps the other waiting.
    """
    counts = {
        kind: sum(each.kind == kind for each in held) for kind in ("pack", "parts")
    }
    lanes = {
        kind: iter([each for each in ready if each.kind == kind]) for kind in counts
    }
    chosen = [each for each in ready if each.kind not in counts]
    chosen += _in_turn(lanes, counts, most - len(chosen))
    return chosen[:most]


def _in_turn(
    lanes: dict[str, Iterator[_T]], counts: dict[str, int], most: int
) -> Iterator[_T]:
    while most > 0 and lanes:
        kind = min(lanes, key=counts.__getitem__)
        found = next(lanes[kind], None)
        if found is None:
            del lanes[kind]
            continue
        counts[kind] += 1
        most -= 1
        yield found
