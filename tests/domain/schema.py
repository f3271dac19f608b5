"""The published JSON schemas, as validators."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator
from referencing import Registry
from referencing.jsonschema import DRAFT7, DRAFT201909

SCHEMAS = Path(__file__).parents[1] / "schemas"
EXAMPLES = SCHEMAS / "dps-v1.0-RC3" / "examples"

_SIGNALING = "https://w3id.org/dspace-sig/v1.0/"
_TRANSFER = "https://w3id.org/dspace/2025/1/transfer/"


def errors(message: str, body: dict[str, Any]) -> list[str]:
    """What the schema of the message says against the body; nothing if it is valid."""
    reference = f"{_SIGNALING}{message}.schema.json"
    validator = Draft7Validator({"$ref": reference}, registry=registry())
    return [error.message for error in validator.iter_errors(body)]


@cache
def registry() -> Registry[Any]:
    """All of them, each under the address that the others refer to."""
    own = (SCHEMAS / "dps-v1.0-RC3" / "schemas").glob("*.json")
    resources = [(_SIGNALING + path.name, DRAFT7, path) for path in own]
    address = SCHEMAS / "dsp-2025-1-err1" / "data-address-schema.json"
    resources.append((_TRANSFER + address.name, DRAFT201909, address))
    return Registry[Any]().with_resources(
        (name, draft.create_resource(_contents(path)))
        for name, draft, path in resources
    )


def _contents(path: Path) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(path.read_bytes())
    schema.pop("$id", None)  # where it is relative, it would hide the name given
    return schema
