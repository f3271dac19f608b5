"""The journal of what one data door has served of one flow (sizes in bytes)."""

from typing import ClassVar

from domain.message import Event


class ObjectServed(Event):
    """Reads of an object, summed up since its last such event.

    Args:
        key: the source's, as a plan of a copy would have it.
        etag: which bytes they were.
        requests: how many GETs have ended.
        size_bytes: the bytes that were handed to the network, of all of them.
        complete: how many of them ended with their last byte.
        broken_by: the code of what cut the last one that did not; empty where the
            reader itself went away, or none was cut.
    """

    TOPIC: ClassVar[str] = "delivery.object-served.v1"
    data_flow_id: str
    key: str
    etag: str
    requests: int
    size_bytes: int
    complete: int
    broken_by: str
