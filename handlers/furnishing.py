"""Ends of a flow whose objects have, or get, the properties that it asks for."""

from typing import Protocol, runtime_checkable

from domain.errors import Side, StorageError
from domain.location import CopyOptions
from domain.transfer.properties import NONE, Properties
from handlers.ports import DestinationEnd, SourceEnd


@runtime_checkable
class Furnishes(Protocol):
    """A destination end that knows of properties."""

    def furnishing(self, wanted: Properties) -> DestinationEnd:
        """The same end; its objects get them."""
        ...


@runtime_checkable
class Tells(Protocol):
    """A source end that knows of properties."""

    def telling(self, wanted: Properties) -> SourceEnd:
        """The same end; its objects tell them."""
        ...


@runtime_checkable
class Adds(Protocol):
    """A destination end that can put an object only where there is none."""

    def adding(self) -> DestinationEnd:
        """The same end; its objects replace none."""
        ...


@runtime_checkable
class Cuts(Protocol):
    """A destination end that must know the plan that cuts its parts."""

    def cutting(self, plan: CopyOptions) -> DestinationEnd:
        """The same end; its uploads are cut as the plan's objects are."""
        ...


def cut(end: DestinationEnd, plan: CopyOptions) -> DestinationEnd:
    """The destination end, where this plane's own plan cuts what is written to it."""
    return end.cutting(plan) if isinstance(end, Cuts) else end


def adding(end: DestinationEnd) -> DestinationEnd:
    """The destination end. Where it cannot, the listing was all that was looked at."""
    return end.adding() if isinstance(end, Adds) else end


def telling(end: SourceEnd, wanted: Properties) -> SourceEnd:
    """The source end. Where it knows no properties, there are none to keep."""
    if wanted.asks_the_source and isinstance(end, Tells):
        return end.telling(wanted)
    return end


def furnished(end: DestinationEnd, wanted: Properties) -> DestinationEnd:
    """The destination end. Raises StorageError where it knows no properties."""
    if wanted == NONE:
        return end
    if isinstance(end, Furnishes):
        return end.furnishing(wanted)
    names = ", ".join(sorted(wanted.model_dump(exclude_defaults=True)))
    raise StorageError(
        f"the destination's mechanism has no such properties: {names}",
        code="storage.unsupported",
        side=Side.DESTINATION,
    )
