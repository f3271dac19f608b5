"""One put as it is going to be sent: its head, its frame, and what is to be proven."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from domain.transfer.properties import NONE, Properties
from handlers.mechanisms.hashes import Hashes
from handlers.mechanisms.headers import carried
from handlers.mechanisms.s3 import integrity
from handlers.mechanisms.s3.conditions import ONLY_NEW
from handlers.mechanisms.s3.framing import Frame, framed_headers
from handlers.mechanisms.s3.integrity import EndpointMemory, Plan
from handlers.mechanisms.s3.properties import asked_for
from handlers.mechanisms.s3.settings import Integrity
from handlers.mechanisms.s3.wire import Head
from handlers.mechanisms.unaided import Kind
from handlers.ports import Copied, Pin

Traits = Callable[[str, Pin, Mapping[str, str]], Awaitable[Mapping[str, str]]]
"""Of a source: the properties of a key's object, by the answer to its GET."""


@dataclass(frozen=True)
class Sent:
    """Whoever sends it hands every byte of the body to `hashes`.

    `size_bytes` are those of the body in its `frame`; without one, its own.
    """

    head: Head
    size_bytes: int
    hashes: Hashes
    frame: Frame | None
    plan: Plan
    memory: EndpointMemory

    def verdict(self, answer: Mapping[str, str]) -> Copied:
        """What the destination's answer proves. Raises `storage.mismatch`."""
        return integrity.verdict(self.plan, self.hashes, answer, self.memory)


@dataclass(frozen=True)
class Sender:
    """What one endpoint is sent, in view of what it was seen to do."""

    integrity: Integrity
    memory: EndpointMemory
    wanted: Properties = NONE
    traits: Traits | None = None
    only_new: bool = False

    @property
    def conditional(self) -> bool:
        """Whether objects are put on the condition that none is replaced."""
        return self.only_new and self.memory.takes_conditions is not False

    async def kept(
        self, key: str, pin: Pin, answer: Mapping[str, str]
    ) -> dict[str, str]:
        """The headers of a whole object, by the answer to its GET."""
        kept = carried(answer)
        if self.conditional:
            kept |= ONLY_NEW
        if self.traits is None:
            return kept
        traits = await self.traits(key, pin, answer)
        return {**kept, **asked_for(self.wanted, traits)}

    def prepare(
        self, put: Head, kind: Kind, length_bytes: int, kept: Mapping[str, str]
    ) -> Sent:
        """The put of a body of this length; `kept` are the object's headers."""
        plan = integrity.plan(self.integrity, self.memory, kind)
        hashes = Hashes(md5=plan.md5)
        frame, size = None, length_bytes
        if plan.trailer:
            encoding = kept.get("content-encoding")
            kept = {**kept, **framed_headers(length_bytes, encoding)}
            frame = Frame(length_bytes, hashes)
            size = frame.size_bytes
        said = {**kept, "content-length": str(size)}
        head = Head(put.method, put.key, put.query, said, trailer=plan.trailer)
        return Sent(head, size, hashes, frame, plan, self.memory)
