"""What the two locations of a flow mean: which keys, and where each of them goes."""

from dataclasses import dataclass
from typing import Self

from domain.data_flow import DataFlow
from domain.location import Location
from domain.mechanisms.keys import destination_key


@dataclass(frozen=True)
class Places:
    """Each side is one object, by its key, or all below a prefix."""

    source_key: str | None
    source_prefix: str | None
    to_key: str | None
    to_prefix: str | None

    @classmethod
    def of(cls, flow: DataFlow) -> Self:
        """Those of the flow, as it is addressed now."""
        return cls(
            source_key=_field(flow.source, "key"),
            source_prefix=_field(flow.source, "prefix"),
            to_key=_field(flow.destination, "key"),
            to_prefix=_field(flow.destination, "prefix"),
        )

    @property
    def many(self) -> bool:
        """Whether all below a prefix goes below a prefix."""
        return self.source_prefix is not None and self.to_prefix is not None

    def destination(self, source_key: str) -> str | None:
        """Where the object goes; None where it has no name there.

        Raises InvalidAddressError.
        """
        return destination_key(
            source_key,
            source_prefix=self.source_prefix,
            to_key=self.to_key,
            to_prefix=self.to_prefix,
        )

    def means(self, source_key: str) -> bool:
        """Whether the key is one of the source's location."""
        if self.source_prefix is None:
            return source_key == self.source_key
        return source_key.startswith(self.source_prefix)


def _field(location: Location | None, name: str) -> str | None:
    # Every mechanism's template names an object by `key` or a group by `prefix`.
    value = location.fields.get(name) if location else None
    return value if isinstance(value, str) else None
