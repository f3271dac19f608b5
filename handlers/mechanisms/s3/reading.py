"""Reads of pinned bytes: what is asked, and what must hold before a byte is used."""

from collections.abc import Mapping

from domain.errors import Side, StorageError
from handlers.mechanisms.s3.headers import quoted, unquoted
from handlers.mechanisms.s3.wire import Head
from handlers.ports import Pin, Range

_OK, _PARTIAL = 200, 206


def asked(key: str, pin: Pin, span: Range | None) -> Head:
    """A GET of exactly these bytes of exactly this object; no span is all of it."""
    conditions = {"if-match": quoted(pin.etag)} if pin.etag else {}
    if span is not None:
        last = span.offset_bytes + span.length_bytes - 1
        conditions["range"] = f"bytes={span.offset_bytes}-{last}"
    query = {"versionId": pin.version_id} if pin.version_id else {}
    return Head("GET", key, query, conditions)


def check(
    status: int,
    answer: Mapping[str, str],
    pin: Pin,
    span: Range | None,
    length_bytes: int,
) -> None:
    """Refuse an answer that is not of the bytes that were asked for.

    Some servers ignore If-Match, and some Range: the answer is believed, not the
    request.
    """
    etag = unquoted(answer.get("etag", ""))
    if pin.etag and etag != pin.etag:
        raise StorageError(
            "the source object is not the one that was planned",
            code="storage.source-changed",
            side=Side.SOURCE,
        )
    if answer.get("content-length") != str(length_bytes):
        raise _refused("source announced another length than was asked for")
    if span is None:
        if status != _OK:
            raise _refused(f"source answered {status} to a whole read")
        return
    last = span.offset_bytes + span.length_bytes - 1
    told = answer.get("content-range", "")
    if status != _PARTIAL or not told.startswith(f"bytes {span.offset_bytes}-{last}/"):
        raise _refused("source did not answer with the range that was asked for")


def _refused(detail: str) -> StorageError:
    return StorageError(detail, code="storage.refused", side=Side.SOURCE)
