"""The archives of apt's configuration, in both of its forms."""

from pathlib import Path

import pytest

from waybill.embedded.debian import Source, sources_of

ONE_LINE = """\
# a comment
deb [arch=amd64 signed-by=/keys/a.gpg] http://mirror/debian bookworm main contrib # b
deb-src http://mirror/debian bookworm main
deb http://mirror/security bookworm-security main
deb http://flat/archive ./
"""
DEB822 = """\
Types: deb deb-src
URIs: http://one http://two
Suites: bookworm bookworm-updates
Components: main universe
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 xxxx

# switched off
Types: deb
Enabled: no
URIs: http://three
Suites: bookworm
Components: main
"""


@pytest.fixture
def apt(tmp_path: Path) -> Path:
    (tmp_path / "sources.list.d").mkdir()
    return tmp_path


def test_one_line_sources_of_the_release_are_found(apt: Path) -> None:
    (apt / "sources.list").write_text(ONE_LINE)
    assert list(sources_of(apt, "bookworm")) == [
        Source("http://mirror/debian", "main contrib", "/keys/a.gpg")
    ]


def test_paragraphs_of_the_release_are_found_unless_switched_off(apt: Path) -> None:
    (apt / "sources.list.d" / "system.sources").write_text(DEB822)
    assert list(sources_of(apt, "bookworm")) == [
        Source("http://one", "main universe", ""),
        Source("http://two", "main universe", ""),
    ]


def test_a_source_is_written_for_another_suite() -> None:
    source = Source("http://mirror/debian", "main", "/keys/a.gpg")
    expected = "deb [signed-by=/keys/a.gpg] http://mirror/debian sid main\n"
    assert source.line("sid") == expected


def test_a_machine_without_sources_has_none(apt: Path) -> None:
    assert list(sources_of(apt, "bookworm")) == []
