"""A file: bytes under the SHA-256 of what they are, stored once, never changed.

Its stream, by that hash, is the truth of whether it is there. It may be deleted, and
stored again; who sends what is there already stores nothing, and that is recorded too.
"""

from domain.file.decide import decide
from domain.file.events import FileEvent
from domain.file.state import INITIAL, File, evolve

__all__ = ["INITIAL", "File", "FileEvent", "decide", "evolve"]
