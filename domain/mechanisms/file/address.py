"""The address template of files: which one is read, or what they are to be called."""

import re
from typing import Self

from pydantic import (
    BaseModel,
    ConfigDict,
    ValidationError,
    field_validator,
    model_validator,
)

from domain.errors import InvalidAddressError
from domain.location import Location

MECHANISM = "file"
_ID = re.compile(r"[0-9a-f]{64}")
_LONGEST_NAME = 512
_EXAMPLE = "3a7bd3e2360a3d29eea436fcfb7e44c735d117c42d1c1835420b6b9942dd4f1b"


class FileAddress(BaseModel):
    """One file to read (`file`, and `key` is its id again), or names to write.

    To write: one file, called `key`; or as many as there are objects, each called
    `prefix` (perhaps empty) and its key.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    file: str | None = None
    key: str | None = None
    prefix: str | None = None

    @field_validator("file")
    @classmethod
    def _file_is_an_id(cls, file: str | None) -> str | None:
        if file is not None and not _ID.fullmatch(file):
            msg = f"must be a file id: 64 hexadecimal digits, such as {_EXAMPLE}"
            raise ValueError(msg)
        return file

    @field_validator("key", "prefix")
    @classmethod
    def _name_is_one(cls, name: str | None) -> str | None:
        if name is not None and (len(name) > _LONGEST_NAME or not _printable(name)):
            msg = f"must be at most {_LONGEST_NAME} printable characters"
            raise ValueError(msg)
        return name

    @model_validator(mode="after")
    def _one_or_many(self) -> Self:
        if (self.key is None) == (self.prefix is None) or self.key == "":
            msg = "must be a name, such as report.csv; or end in a slash; or be true"
            raise ValueError(msg)
        if self.file is not None and self.key != self.file:
            msg = "a file that is read is called by its id"
            raise ValueError(msg)
        return self

    @classmethod
    def make(cls, said_as: str, **fields: str | bool | None) -> Self:
        """Validate; raises InvalidAddressError that says `said_as`, not the value."""
        try:
            return cls.model_validate(fields)
        except ValidationError as error:
            line = error.errors(include_input=False, include_url=False)[0]
            said = line["msg"].removeprefix("Value error, ")
            raise InvalidAddressError(f"{said_as} {said}") from None

    @classmethod
    def of(cls, location: Location) -> Self:
        """The address of a recorded location. Raises InvalidAddressError."""
        if location.mechanism != MECHANISM:
            raise InvalidAddressError("the location is not a file")
        return cls.make(MECHANISM, **location.fields)

    def location(self) -> Location:
        """What may be recorded: there is no secret in it."""
        return Location(mechanism=MECHANISM, fields=self.model_dump(exclude_none=True))


def _printable(name: str) -> bool:
    return name.isprintable() or not name
