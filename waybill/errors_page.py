"""The page that explains every error code: `python -m waybill.errors_page` makes it."""

from pathlib import Path

from domain.error_notes import NOTES
from domain.errors import CATALOGUE

PAGE = Path(__file__).parents[1] / "docs" / "errors.md"

_HEAD = """\
# Errors

Made by `python -m waybill.errors_page` from `domain/errors.py` and \
`domain/error_notes.py`; do not edit it.

Whatever goes wrong on purpose has one of these codes: in the answer to a message, \
in the `errored` callback, in the events of the flow, and in the log.
`retryable` may pass, and the plane tries again by itself, for as long as its budget; \
`terminal` will not pass; `needs-operator` passes once somebody has acted.
The side is where it was met: the `source` or the `destination` of the copy, this \
`plane`, or its `caller`. The owner is who must act.

| code | class | side | owner | what happens | remedy |
|---|---|---|---|---|---|
"""


def page() -> str:
    """The page, as it is committed. Raises KeyError for a code without a note."""
    return _HEAD + "".join(
        f"| `{code}` | {entry.error_class} | {', '.join(NOTES[code].sides)}"
        f" | {entry.owner} | {NOTES[code].happens} | {entry.remedy} |\n"
        for code, entry in CATALOGUE.items()
    )


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
