"""A segment: a run of parts or a pack of small objects, and one worker's journal of it.

The lease holder is the only writer of the stream: a lease is an event at the stream's
version, so that whoever held the segment before is fenced at its next append.
"""

from domain.segment.decide import decide
from domain.segment.events import SegmentEvent
from domain.segment.state import INITIAL, Phase, Segment, evolve

__all__ = ["INITIAL", "Phase", "Segment", "SegmentEvent", "decide", "evolve"]
