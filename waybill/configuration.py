"""All settings of all processes: those in effect, and the page that explains them.

What is secret is masked. `python -m waybill.configuration` makes docs/settings.md.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic_settings import BaseSettings

import gateway.settings
import handlers.files.settings
import handlers.files.uploads.settings
import handlers.mechanisms.file.settings
import handlers.settings
import handlers.tasks.settings
import projections.settings
import waybill.settings

PAGE = Path(__file__).parents[1] / "docs" / "settings.md"

_HEAD = """\
# Settings

Made by `python -m waybill.configuration` from the settings classes; do not edit it.

Each is an environment variable, read at the start of a process. \
Durations are in seconds, sizes in bytes.
A file that holds a secret should be readable by its owner only. \
`waybill show-config` prints what is in effect, passwords masked.
`handlers` are the processes `commands`, `dispatcher`, `worker`, `door` and `files`; \
give them all the same values. `waybill` is the command line.

| variable | default | meaning | read by |
|---|---|---|---|
"""

_OWNERS: dict[str, type[BaseSettings]] = {
    "handlers": handlers.settings.Settings,
    "files": handlers.files.settings.FilesSettings,
    "files (uploads)": handlers.files.uploads.settings.UploadSettings,
    "commands": handlers.tasks.settings.TaskSettings,
    "handlers (mechanism `file`)": handlers.mechanisms.file.settings.FileEndSettings,
    "projections": projections.settings.Settings,
    "gateway": gateway.settings.Settings,
    "waybill": waybill.settings.Settings,
}


@dataclass(frozen=True)
class Setting:
    """One environment variable, and whose it is."""

    variable: str
    value: str
    owner: str


def effective() -> Iterator[Setting]:
    """Every setting once, with its value as the processes would read it now."""
    found: dict[str, tuple[str, list[str]]] = {}
    for owner, kind in _OWNERS.items():
        for name, value in kind().model_dump().items():
            variable = f"WAYBILL_{name.upper()}"
            found.setdefault(variable, (_masked(value), []))[1].append(owner)
    for variable, (value, owners) in sorted(found.items()):
        yield Setting(variable, value, ", ".join(owners))


def page() -> str:
    """The page, as it is committed. Raises ValueError for a setting without meaning."""
    found: dict[str, tuple[str, list[str]]] = {}
    meanings: dict[str, str] = {}
    for owner, kind in _OWNERS.items():
        for name, field in kind.model_fields.items():
            variable = f"WAYBILL_{name.upper()}"
            default = _shown(field.get_default(call_default_factory=True))
            found.setdefault(variable, (default, []))[1].append(owner)
            # Said once, by the first owner that says it.
            meanings.setdefault(variable, " ".join((field.description or "").split()))
    silent = [variable for variable, meaning in meanings.items() if not meaning]
    if silent:
        msg = f"settings without a meaning: {', '.join(silent)}"
        raise ValueError(msg)
    return _HEAD + "".join(
        f"| `{variable}` | {default} | {meanings[variable]} | {', '.join(owners)} |\n"
        for variable, (default, owners) in found.items()
    )


def _shown(default: object) -> str:
    """A default as one would write it; nothing where there is none."""
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    if isinstance(default, float):
        return f"`{default:g}`"
    return f"`{_masked(default)}`" if default or default == 0 else ""


# In URLs, several of them too, in their queries, and in libpq's own words.
_SECRETS = (
    (re.compile(r"(://[^/@:\s,]*):[^@/\s,]*@"), r"\1:***@"),
    (re.compile(r"(nats|tls)://[^/@:\s,]+@"), r"\1://***@"),
    (re.compile(r"(?i)\b(password|token|secret|passfile)=[^&\s,]+"), r"\1=***"),
)


def _masked(value: object) -> str:
    """Only addresses may hold a secret: a password or a token."""
    text = "" if value is None else str(value)
    for pattern, masked in _SECRETS:
        text = pattern.sub(masked, text)
    return text


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
