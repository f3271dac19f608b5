"""Names and values as control planes spell them: found without regard to case."""

import json
from collections.abc import Iterable, Mapping
from typing import Any, cast

from domain.errors import InvalidAddressError

_NAMESPACES = (
    "https://w3id.org/edc/v0.0.1/ns/",
    "https://w3id.org/tractusx/auth/",
)
_TRUE, _FALSE = frozenset({"true", "1", "yes"}), frozenset({"false", "0", "no"})


class Names:
    """Named values, looked up by any of their spellings; empty text is absent."""

    def __init__(self, items: Iterable[tuple[str, Any]]) -> None:
        """Of a name given twice, the first counts."""
        self._values: dict[str, Any] = {}
        for name, value in items:
            if value is not None and value != "":
                self._values.setdefault(_bare(name), value)

    def get(self, *names: str) -> tuple[str, Any] | None:
        """The first of these names that has a value, as (name, value)."""
        for name in names:
            if (value := self._values.get(name.casefold())) is not None:
                return name, value
        return None

    def text(self, *names: str) -> str | None:
        """A text. Raises InvalidAddressError for any other kind of value."""
        found = self.get(*names)
        if found is None:
            return None
        name, value = found
        if not isinstance(value, str):
            raise InvalidAddressError(f"{name} must be text")
        return value

    def flag(self, *names: str) -> bool | None:
        """A truth value, or the text of one."""
        found = self.get(*names)
        if found is None:
            return None
        name, value = found
        if isinstance(value, bool):
            return value
        word = value.strip().casefold() if isinstance(value, str) else ""
        if word not in _TRUE | _FALSE:
            raise InvalidAddressError(f"{name} must be true or false")
        return word in _TRUE

    def number(self, *names: str) -> tuple[str, float] | None:
        """A finite number, or the text of one, with the name it was found by."""
        found = self.get(*names)
        if found is None:
            return None
        name, value = found
        try:
            number = float("nan" if isinstance(value, bool) else value)
        except (TypeError, ValueError, OverflowError):
            raise InvalidAddressError(f"{name} must be a number") from None
        if not abs(number) < float("inf"):  # false for NaN too
            raise InvalidAddressError(f"{name} must be a number")
        return name, number

    def document(self, *names: str) -> Mapping[str, Any] | None:
        """An object, or the JSON text of one."""
        found = self.get(*names)
        if found is None:
            return None
        name, value = found
        if isinstance(value, str):
            try:
                value = json.loads(value)
            except (ValueError, RecursionError):
                value = None  # not chained: the decoder's error holds the document
        if not isinstance(value, Mapping):
            raise InvalidAddressError(f"{name} must be a JSON object")
        return cast("Mapping[str, Any]", value)


def _bare(name: str) -> str:
    for namespace in _NAMESPACES:
        name = name.removeprefix(namespace)
    return name.casefold()
