"""From metadata to the address template: `sourceFile`, `destinationFile`."""

from collections.abc import Mapping
from typing import Any

from domain.errors import InvalidAddressError
from domain.mechanisms import Target
from domain.mechanisms.file.address import FileAddress
from domain.mechanisms.s3.names import Names

_TRUE, _FALSE = frozenset({"true", "1", "yes"}), frozenset({"false", "0", "no"})


def of_metadata(target: Target, metadata: Mapping[str, Any]) -> FileAddress | None:
    """This plane's own side; None where it is no file. Raises InvalidAddressError."""
    found = Names(metadata.items()).get(f"{target.value}File")
    if found is None:
        return None
    name, value = found
    if target is Target.DESTINATION:
        return _destination(name, value)
    file = value.strip().lower() if isinstance(value, str) else ""
    return FileAddress.make(name, file=file, key=file)


def _destination(name: str, value: object) -> FileAddress | None:
    """A name, a folder's name, or only that it is to be a file; None: it is none."""
    said = str(value).lower() if isinstance(value, bool) else value
    if not isinstance(said, str):
        raise InvalidAddressError(f"{name} must be a name, such as report.csv")
    word = said.strip().casefold()
    if word in _FALSE:
        return None
    if word in _TRUE or said == "/":
        return FileAddress.make(name, prefix="")
    which = "prefix" if said.endswith("/") else "key"
    return FileAddress.make(name, **{which: said})
