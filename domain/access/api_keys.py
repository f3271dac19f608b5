"""API keys of the file server: whose a key is, and what it may.

Keys come as `key` or `key:user`, in one list for each permission. Who may read or
delete is, where nobody was named for it, whoever may upload. What is kept of a key is
its SHA-256, so that no dump or error shows it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from hmac import compare_digest
from typing import Self

from domain.errors import AccessError

ANONYMOUS, UNNAMED = "anonymous", "default"


class Permission(StrEnum):
    """What a key may be for."""

    UPLOAD = "upload"
    READ = "read"
    DELETE = "delete"


@dataclass(frozen=True)
class _Key:
    digest: bytes
    user: str
    permissions: frozenset[Permission]


@dataclass(frozen=True)
class ApiKeys:
    """The keys there are. `open`: without any, everybody is let in as `anonymous`."""

    keys: tuple[_Key, ...] = ()
    open: bool = False

    @classmethod
    def read(
        cls,
        upload: Sequence[str],
        read: Sequence[str] = (),
        delete: Sequence[str] = (),
        *,
        open: bool = False,  # noqa: A002 (it says what the plane is)
    ) -> Self:
        """From the settings' lists. Raises ValueError, which names no key."""
        lists = {
            Permission.UPLOAD: upload,
            Permission.READ: read or upload,
            Permission.DELETE: delete or upload,
        }
        users: dict[bytes, str] = {}
        allowed: dict[bytes, set[Permission]] = {}
        for permission, given in lists.items():
            for each in given:
                digest, user = _parsed(each)
                if users.setdefault(digest, user) != user:
                    msg = "one API key is given to two users"
                    raise ValueError(msg)
                allowed.setdefault(digest, set()).add(permission)
        keys = (_Key(d, users[d], frozenset(each)) for d, each in allowed.items())
        return cls(tuple(keys), open=open)

    def user_of(self, key: str | None, permission: Permission) -> str:
        """Whose it is. Raises AccessError where it is missing, or may not do that."""
        found = self._found(key)
        if found is None:
            return ANONYMOUS
        if permission not in found.permissions:
            raise _refused(f"the API key is not one that may {permission}")
        return found.user

    def user(self, key: str | None) -> str:
        """Whose it is, whatever it is for. Raises AccessError."""
        found = self._found(key)
        return ANONYMOUS if found is None else found.user

    def _found(self, key: str | None) -> _Key | None:
        """None: nobody needs a key."""
        if self.open and not self.keys:
            return None
        if not key:
            raise AccessError("an API key is needed", code="access.key-missing")
        # A header may hold bytes that are no text.
        digest = sha256(key.encode(errors="surrogateescape")).digest()
        found: _Key | None = None
        # All of them, whichever it is: the time tells nothing.
        for each in self.keys:
            if compare_digest(each.digest, digest):
                found = each
        if found is None:
            raise _refused("the API key is none of this plane's")
        return found


def presented(headers: Mapping[str, str]) -> str | None:
    """The key of a request: of `X-API-Key`, else a bearer token; None without one."""
    named = headers.get("X-API-Key", "").strip()
    if named:
        return named
    scheme, _, token = headers.get("Authorization", "").strip().partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def _parsed(given: str) -> tuple[bytes, str]:
    key, colon, user = given.rpartition(":")
    if not colon:
        key, user = given, UNNAMED
    if not key.strip() or not user.strip():
        msg = "an API key is `key` or `key:user`, and neither may be empty"
        raise ValueError(msg)
    return sha256(key.strip().encode()).digest(), user.strip()


def _refused(detail: str) -> AccessError:
    return AccessError(detail, code="access.key-invalid")
