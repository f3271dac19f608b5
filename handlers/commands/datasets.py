"""What the operator of this plane has said of datasets: where they are kept here.

A control plane need not know buckets: its message names a dataset, and the file
`WAYBILL_DATASETS_FILE` says in the names of the metadata where this plane has it, or
puts it: `{"dataset-1": {"sourceBucket": "lake"}, "*": {"destinationBucket": "inbox",
"destinationKey": "{dataFlowId}/"}}`. `*` is every dataset that has no entry.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from pydantic import TypeAdapter

_ENTRIES = TypeAdapter(dict[str, dict[str, Any]])


@dataclass(frozen=True)
class Datasets:
    """Metadata by dataset id."""

    entries: Mapping[str, Mapping[str, Any]] = field(
        default_factory=dict[str, Mapping[str, Any]], repr=False
    )

    @classmethod
    def read(cls, path: Path | None) -> Self:
        """From the file. Raises ValueError that says what is wrong with it."""
        if path is None:
            return cls()
        try:
            return cls(_ENTRIES.validate_python(json.loads(path.read_text("utf-8"))))
        except (OSError, ValueError):
            # Not chained: the decoder's error holds the file, and that may hold keys.
            msg = f"{path.name} must be a JSON object of objects, by dataset id"
            raise ValueError(msg) from None

    def metadata(self, dataset_id: str, data_flow_id: str) -> Mapping[str, Any]:
        """What is said of the dataset; `{dataFlowId}` in a text is the flow's id."""
        found = self.entries.get(dataset_id) or self.entries.get("*") or {}
        return {
            name: value.replace("{dataFlowId}", data_flow_id)
            if isinstance(value, str)
            else value
            for name, value in found.items()
        }
