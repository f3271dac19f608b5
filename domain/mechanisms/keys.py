"""Where an object goes: the destination key of a source key.

Keys are opaque strings with one convention: a slash ends a folder's name.
"""

from domain.errors import InvalidAddressError


def destination_key(
    source_key: str,
    *,
    source_prefix: str | None,
    to_key: str | None,
    to_prefix: str | None,
) -> str | None:
    """The key to write `source_key` under.

    Args:
        source_key: the object that is read.
        source_prefix: None where the source is this one object.
        to_key: the destination, where it is one object.
        to_prefix: the destination, where it is a prefix (empty: the bucket).

    Returns:
        One object goes to `to_key`, or keeps its last name below `to_prefix`. An object
        below a prefix keeps what follows the prefix. None: nothing follows it and
        `to_prefix` is empty, so the object (a folder's marker) has no name there.

    Raises:
        InvalidAddressError: a prefix cannot go to a single object, or the source key is
            not below its prefix.
    """
    if (to_key is None) == (to_prefix is None):
        raise InvalidAddressError("the destination must name an object or a prefix")
    if source_prefix is None:
        return to_key if to_prefix is None else to_prefix + _last_name(source_key)
    if to_prefix is None:
        raise InvalidAddressError(
            "the source is a prefix and the destination is a single object: "
            "end the destination's key with a slash, or leave it out"
        )
    if not source_key.startswith(source_prefix):
        raise InvalidAddressError("a listed key is not below the source's prefix")
    return to_prefix + source_key.removeprefix(source_prefix) or None


def _last_name(key: str) -> str:
    head, slash, last = key.rpartition("/")
    return last if last or not slash else _last_name(head) + slash
