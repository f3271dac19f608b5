"""A resumable upload to the file store: begun, filled in chunks, sealed, kept.

Two protocols speak to it, `chunks` (numbered, in any order) and `tus` (at an offset),
and neither knows of the other: both store chunks of one journal. Every chunk is a
checkpoint that its sender hears of only when it is recorded. When all are there the
upload is sealed with the SHA-256 of its bytes; from then on nothing but the file can
come of it, however often whoever makes the file is killed.

`fairness` decides who of those that wait is served next; it has no part in the journal.
"""

from domain.upload.decide import decide
from domain.upload.events import UploadEvent
from domain.upload.state import INITIAL, Phase, Upload, evolve

__all__ = ["INITIAL", "Phase", "Upload", "UploadEvent", "decide", "evolve"]
