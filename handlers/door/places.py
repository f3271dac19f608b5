"""From a request's path to an object of the flow's own side."""

from dataclasses import dataclass
from typing import Self
from urllib.parse import quote, unquote, urlsplit

from domain.errors import InvalidMessageError
from domain.location import Location
from handlers.settings import Settings

FLOWS = "/flows/"
RENEWAL_KEY = "token"
# What stands in a path as it is; the slashes of a key are its own.
SAFE = "/-_.~"


def door_url(settings: Settings) -> str:
    """Where others reach the data door: as configured, else where it listens."""
    local = f"http://{settings.door_host}:{settings.door_port}"
    return (settings.door_url or local).rstrip("/")


def endpoint(door_url: str, data_flow_id: str) -> str:
    """Where the other side finds the flow."""
    return f"{door_url.rstrip('/')}{FLOWS}{quote(data_flow_id, safe='')}"


@dataclass(frozen=True)
class Target:
    """A flow, and a key below its endpoint; None is the endpoint itself."""

    data_flow_id: str
    key: str | None

    @classmethod
    def of(cls, raw_path: str, door_url: str = "") -> Self | None:
        """None for a path that is no flow's. Raises InvalidMessageError."""
        path = raw_path.partition("?")[0]
        # A proxy in front may hand on the public path, or take its beginning away.
        path = path.removeprefix(urlsplit(door_url).path.rstrip("/"))
        if not path.startswith(FLOWS):
            return None
        flow, slash, key = path.removeprefix(FLOWS).partition("/")
        data_flow_id = _decoded(flow)
        if not data_flow_id:
            return None
        return cls(data_flow_id, _decoded(key) if slash and key else None)


@dataclass(frozen=True)
class Place:
    """The own side of a flow: one object, or all below a prefix."""

    key: str | None
    prefix: str

    @classmethod
    def of(cls, location: Location | None) -> Self:
        """Every mechanism names an object by `key`, or a group by `prefix`."""
        fields = location.fields if location else {}
        key, prefix = fields.get("key"), fields.get("prefix")
        return cls(
            key if isinstance(key, str) else None,
            prefix if isinstance(prefix, str) else "",
        )

    @property
    def is_collection(self) -> bool:
        """Whether it may hold more than one object."""
        return self.key is None

    def full(self, key: str) -> str:
        """The storage's key of one that the other side names."""
        return self.prefix + key if self.key is None else self.key

    def relative(self, full: str) -> str:
        """What the other side calls it."""
        return full.removeprefix(self.prefix)


def _decoded(text: str) -> str:
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        raise InvalidMessageError("the path is not UTF-8") from None
