"""Credentials by reference: a name that this plane's operator gave to them.

Only the metadata of our own control plane may name one. An address comes from the
other side of the transfer, and must never choose which of our keys we use for it.
"""

import re
from collections.abc import Mapping
from typing import Any

from domain.errors import InvalidAddressError
from domain.mechanisms import Target

_PREFIX = "alias:"
_ALIAS = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


def alias_in(target: Target, metadata: Mapping[str, Any]) -> str | None:
    """What `<target>Credentials` names; None where it names nothing.

    Raises InvalidAddressError, without the value: it may be a key, put there by error.
    """
    name = f"{target.value}Credentials"
    for key, value in metadata.items():
        # Without the namespace that some control planes put before it.
        if key.rpartition("/")[2].casefold() != name.casefold() or value in (None, ""):
            continue
        if not isinstance(value, str) or not _ALIAS.fullmatch(value):
            raise InvalidAddressError(
                f"{name} must be 1 to 128 letters, digits, dots, hyphens and "
                "underscores, beginning with a letter or digit"
            )
        return value
    return None


def alias_reference(alias: str) -> str:
    """How a location refers to it: `Location.secret`."""
    return f"{_PREFIX}{alias}"


def alias_of(reference: str | None) -> str | None:
    """The alias that a location refers to; None for any other secret, or for none."""
    if reference is None or not reference.startswith(_PREFIX):
        return None
    return reference.removeprefix(_PREFIX)
