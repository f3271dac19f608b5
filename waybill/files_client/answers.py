"""What the file server says, as values. Sizes are in bytes."""

from datetime import datetime
from typing import Annotated, TypeVar

import httpx
from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from waybill.files_client.errors import FilesClientError

_Answer = TypeVar("_Answer", bound=BaseModel)


class _Said(BaseModel):
    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        alias_generator=to_camel,
        populate_by_name=True,
        serialize_by_alias=True,
    )


class StoredFile(_Said):
    """A file that is stored; `file_id` is the SHA-256 of its bytes, in hex.

    `deduplicated`: it was there already.
    """

    file_id: str
    size_bytes: int
    content_type: str = "application/octet-stream"
    created_at: datetime | None = None
    deduplicated: bool = False


class FileInfo(StoredFile):
    """All that is known of a file."""

    filename: str = ""


class FileHead(_Said):
    """What HEAD tells of a file; `etag` is unquoted, and the file's id."""

    size_bytes: int
    etag: str
    content_type: str


class Upload(_Said):
    """An upload in chunks; all but the last have `chunk_size_bytes`.

    0: it was begun by the tus protocol, and has no numbered chunks.
    """

    upload_id: str
    chunk_size_bytes: Annotated[int, BeforeValidator(lambda given: given or 0)]
    chunk_count: int
    expires_at: datetime | None = None


def read(kind: type[_Answer], response: httpx.Response) -> _Answer:
    """The answer as a value. Raises FilesClientError where it is not one."""
    try:
        return kind.model_validate_json(response.content)
    except ValidationError:
        raise FilesClientError(
            "plane.internal",
            "the answer is not one of a file server",
            response.status_code,
        ) from None
