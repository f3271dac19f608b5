"""
Packages out of the distribution's archive, without installing anything.

A private apt state beside the system's own: the mirror, the components and the keys
are those of the machine's sources, the suite is `sid` on Debian (its nats-server is a
plain static program and the newest) and then the machine's own.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from waybill.embedded.errors import MissingProgramError

_APT = Path("/etc/apt")
_PACKAGE = "nats-server"
_MEMBER = "./usr/sbin/nats-server"
_SECONDS = 300
_SECONDS_WITH_DEPENDENCIES = 1800


@dataclass(frozen=True)
class Source:
    """One archive that this machine already trusts."""

    uri: str
    components: str
    signed_by: str

    def line(self, suite: str) -> str:
        """Return the source in apt's one-line form."""
        options = f"[signed-by={self.signed_by}] " if self.signed_by else ""
        return f"deb {options}{self.uri} {suite} {self.components}\n"


def nats_server(directory: Path) -> Path:
    """Unpack nats-server from the archive into the directory; return the program."""
    program = directory / _PACKAGE
    if not _extract(packages(directory, _PACKAGE)[-1], program):
        raise MissingProgramError(f"the package {_PACKAGE} cannot be unpacked")
    return program


def packages(
    directory: Path, *names: str, with_dependencies: bool = False
) -> list[Path]:
    """
    Download the packages, when asked with all that they stand on; return the files.

    All of them come from one suite: the newest of the archives that has them.
    """
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        message = "this is not a Debian-like system"
        raise MissingProgramError(message)
    distribution, codename = _release()
    suites = ["sid", codename] if distribution == "debian" else [codename]
    sources = list(sources_of(_APT, codename))
    for suite in suites:
        for source in sources:
            state = directory / suite
            found = _download(state, source.line(suite), names, with_dependencies)
            if found:
                return found
    asked = ", ".join(names)
    raise MissingProgramError(
        f"no archive of this system has {asked} in {' or '.join(suites)}"
    )


def sources_of(apt: Path, codename: str) -> Iterator[Source]:
    """Yield the archives of apt's configuration that carry the release itself."""
    lists = [apt / "sources.list", *sorted((apt / "sources.list.d").glob("*.list"))]
    for file in lists:
        if file.exists():
            for line in file.read_text(errors="replace").splitlines():
                yield from _one_line(line, codename)
    for file in sorted((apt / "sources.list.d").glob("*.sources")):
        for paragraph in file.read_text(errors="replace").split("\n\n"):
            yield from _deb822(paragraph, codename)


def _one_line(line: str, codename: str) -> Iterator[Source]:
    words = line.partition("#")[0].split()
    if not words or words[0] != "deb":
        return
    rest = line.partition("#")[0].split(None, 1)[1].strip()
    signed_by = ""
    if rest.startswith("["):
        options, _, rest = rest[1:].partition("]")
        for option in options.split():
            if option.startswith("signed-by="):
                signed_by = option.partition("=")[2]
    uri, suite, *components = rest.split()
    if suite == codename and components:
        yield Source(uri, " ".join(components), signed_by)


def _deb822(paragraph: str, codename: str) -> Iterator[Source]:
    fields: dict[str, str] = {}
    name = ""
    for line in paragraph.splitlines():
        if line.startswith("#"):
            continue
        if line[:1].isspace():
            fields[name] = f"{fields.get(name, '')} {line.strip()}"
        elif ":" in line:
            name, _, value = line.partition(":")
            name = name.strip().lower()
            fields[name] = value.strip()
    if "deb" not in fields.get("types", "").split() or fields.get("enabled") == "no":
        return
    if codename not in fields.get("suites", "").split():
        return
    key = fields.get("signed-by", "")
    for uri in fields.get("uris", "").split():
        yield Source(uri, fields.get("components", ""), key if key[:1] == "/" else "")


def _release() -> tuple[str, str]:
    text = Path("/etc/os-release").read_text()
    pairs = (line.partition("=") for line in text.splitlines())
    fields = {name: value.strip('"') for name, _, value in pairs}
    return fields.get("ID", ""), fields.get("VERSION_CODENAME", "")


def _download(
    state: Path,
    line: str,
    names: Sequence[str],
    with_dependencies: bool,  # noqa: FBT001
) -> list[Path]:
    """The package files, none when the archive lacks one of them."""
    for folder in ("lists/partial", "cache/archives/partial", "state"):
        (state / folder).mkdir(parents=True, exist_ok=True)
    (state / "sources.list").write_text(line)
    apt = ["apt-get", *_options(state)]
    if not _run([*apt, "update"], state):
        return []
    if with_dependencies:
        get = [*apt, "install", "--yes", "--download-only", "--no-install-recommends"]
        done = _run([*get, *names], state, _SECONDS_WITH_DEPENDENCIES)
        return sorted(state.glob("cache/archives/*.deb")) if done else []
    return (
        sorted(state.glob("*.deb")) if _run([*apt, "download", *names], state) else []
    )


def _options(state: Path) -> list[str]:
    return [
        *("-o", f"Dir::Etc::sourcelist={state / 'sources.list'}"),
        *("-o", "Dir::Etc::sourceparts=-", "-o", f"Dir::State={state / 'state'}"),
        *("-o", f"Dir::State::lists={state / 'lists'}"),
        *("-o", f"Dir::Cache={state / 'cache'}", "-o", "Dir::State::status=/dev/null"),
        *("-o", f"APT::Sandbox::User={'root' if os.geteuid() == 0 else ''}"),
        *("-o", "Debug::NoLocking=1", "-qq"),
    ]


def _run(command: list[str], directory: Path, seconds: float = _SECONDS) -> bool:
    done = subprocess.run(
        command, check=False, cwd=directory, capture_output=True, timeout=seconds
    )
    return done.returncode == 0


def _extract(package: Path, program: Path) -> bool:
    unpack = ["dpkg-deb", "--fsys-tarfile", str(package)]
    pick = ["tar", "--extract", "--to-stdout", _MEMBER]
    with (
        subprocess.Popen(unpack, stdout=subprocess.PIPE) as tar,
        program.open("wb") as out,
    ):
        done = subprocess.run(pick, check=False, stdin=tar.stdout, stdout=out)
    return done.returncode == 0 and program.stat().st_size > 0
