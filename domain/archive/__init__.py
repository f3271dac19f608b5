"""What became of a finished flow's events: moved to an archive, or shredded there."""

from domain.archive.events import ArchiveStatement, FlowArchived, FlowShredded

__all__ = ["ArchiveStatement", "FlowArchived", "FlowShredded"]
