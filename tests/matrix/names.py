"""Names of objects as nobody would choose them, and a list of those that somebody did.

A key is up to 1,024 bytes of UTF-8, and means nothing.
"""

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.handlers.s3_sides import KEYS

MOST_BYTES = 1024
# Each is a whole name too, and all of them are pieces of others.
ALONE = (
    *("/", "//", ".", "..", "../", "+", "%", "%2F", " ", "?", "#", "&amp;", "\\"),
    *("\r", "\x01", "\x7f", "é", "e\u0301", "😀", "\uffff"),
)
_INSIDE = (
    *("./", "%00", "%20", "%zz", "  ", "=", "~", "*", "'", '"', "<", ">", "\t", "\n"),
    *("\x1f", "\x85", "\u00a0", "\u200b", "\u202e", "ﬁ", "日本", "\ufeff"),
    *("\U0010ffff", "&", "@", ":", ",", "$", "|", "{}", "[]", "^", "`"),
)
LONGEST = ("x" * 1023 + "/", "é" * 512, "/" * 1024)
KNOWN = (*KEYS, *LONGEST)

_TOLERATED = (
    HealthCheck.too_slow,
    HealthCheck.data_too_large,
    HealthCheck.large_base_example,
    HealthCheck.filter_too_much,
)
_LETTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
_PIECES = st.sampled_from((*ALONE, *_INSIDE)) | st.text(
    _LETTERS, min_size=1, max_size=4
)


def size(key: str) -> int:
    """In bytes, as the limit counts."""
    return len(key.encode())


_ANY = (
    st.lists(_PIECES, min_size=1, max_size=16)
    .map("".join)
    .filter(lambda key: size(key) <= MOST_BYTES)
)
_LONG = _ANY.map(lambda key: key + "y" * (MOST_BYTES - size(key)))
_ONE = st.integers(0, 9).flatmap(lambda one_in_ten: _ANY if one_in_ten else _LONG)


def lists(at_once: int) -> st.SearchStrategy[list[str]]:
    """So many different names, one in ten as long as may be."""
    return st.lists(_ONE, min_size=at_once, max_size=at_once, unique=True)


def fits_xml(key: str) -> bool:
    """Whether XML can hold every character, as answers about uploads have to."""
    return all(
        each in "\t\n\r" or (each >= " " and each not in "\ufffe\uffff") for each in key
    )


def body_of(key: str, least_bytes: int) -> bytes:
    """Bytes that tell whose they are."""
    name = key.encode()
    return name * (least_bytes // len(name) + 1)


def drawn(count: int, at_once: int, number: int) -> list[list[str]]:
    """So many lists; the same ones for the same number, on every machine."""
    found: list[list[str]] = []

    @seed(number)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=_TOLERATED,
    )
    @given(keys=lists(at_once))
    def draw(keys: list[str]) -> None:
        found.append(keys)

    draw()
    return found[:count]
