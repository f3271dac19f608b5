"""Write the document to where the gateway serves it from."""

import json
from importlib.resources import as_file, files

from waybill.asyncapi import document


def text() -> str:
    """The document as it is committed."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    with as_file(files("gateway") / "asyncapi.json") as path:
        path.write_text(text(), "utf-8")
