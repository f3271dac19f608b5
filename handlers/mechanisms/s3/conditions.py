"""Writes that replace nothing: `If-None-Match: *`.

Not sent with CopyObject: of the servers that were tried, Swift refuses such a copy also
where nothing is, and the others do not look at it.
"""

from collections.abc import Generator
from contextlib import contextmanager

from domain.errors import Side, StorageError
from handlers.mechanisms.s3.integrity import EndpointMemory

ONLY_NEW = {"if-none-match": "*"}


@contextmanager
def conditioned(memory: EndpointMemory, *, only_new: bool) -> Generator[None]:
    """Around one such write. Raises `storage.exists` where the condition failed.

    Where the endpoint has no conditions, the error says so in a way that makes whoever
    tries again send none.
    """
    try:
        yield
    except StorageError as error:
        if not only_new or error.side is not Side.DESTINATION:
            raise
        if error.code == "storage.source-changed":
            memory.takes_conditions = True
            raise StorageError(
                "destination has an object of this name by now, and none is replaced",
                code="storage.exists",
                side=Side.DESTINATION,
            ) from None
        if error.code == "storage.unsupported" and memory.takes_conditions is None:
            memory.takes_conditions = False
            raise StorageError(
                error.detail, code="storage.unavailable", side=Side.DESTINATION
            ) from None
        raise
