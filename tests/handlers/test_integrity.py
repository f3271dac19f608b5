"""What an endpoint's answers teach, and what is done for the proof after that."""

import pytest

from domain.errors import StorageError
from domain.transfer.parts import MIB
from handlers.mechanisms.hashes import CRC32C_HEADER, CRC_HEADER, Hashes
from handlers.mechanisms.s3.headers import full
from handlers.mechanisms.s3.integrity import EndpointMemory, Kind, plan, verdict
from handlers.mechanisms.s3.settings import Integrity
from handlers.mechanisms.s3.uploads import checksums

BODY = b"some bytes"


def hashes(*, md5: bool) -> Hashes:
    made = Hashes(md5=md5)
    made.update(BODY)
    return made


def test_a_checksum_that_comes_back_because_it_was_sent_is_not_counted_on() -> None:
    """As Ceph does: it tells that of an object only to whom sends one."""
    memory = EndpointMemory(refuses_wrong_trailer=True)
    for _ in range(3):
        made = plan(Integrity.AUTO, memory, Kind.OBJECT)
        assert made.trailer
        sent = hashes(md5=made.md5)
        answer = {"etag": '"0"', CRC_HEADER: sent.crc64nvme}
        assert verdict(made, sent, answer, memory).proven


def test_a_checksum_that_comes_unasked_is_all_that_is_needed() -> None:
    memory = EndpointMemory()
    first = plan(Integrity.AUTO, memory, Kind.PART)
    assert first.md5
    sent = hashes(md5=True)
    answer = {"etag": '"0"', CRC_HEADER: sent.crc64nvme}
    assert verdict(first, sent, answer, memory).proven
    then = plan(Integrity.AUTO, memory, Kind.PART)
    assert not then.md5
    assert not then.trailer
    assert verdict(then, hashes(md5=False), answer, memory).proven


def test_either_checksum_proves_and_the_one_that_is_kept_is_told() -> None:
    memory, sent = EndpointMemory(), hashes(md5=False)
    made = plan(Integrity.CRC, memory, Kind.PART)
    answer = {"etag": '"0"', CRC32C_HEADER: sent.crc32c}
    done = verdict(made, sent, answer, memory)
    assert done.proven
    assert (done.crc32c, done.crc64nvme) == (sent.crc32c, sent.crc64nvme)
    assert memory.returns_crc == {Kind.PART: True}
    with pytest.raises(StorageError, match="CRC32C"):
        verdict(made, sent, {**answer, CRC32C_HEADER: "AAAAAA=="}, memory)


@pytest.mark.parametrize(
    ("algorithm", "value", "believed"),
    [
        ("CRC64NVME", "AAAAAAAAAAA=", True),
        # moto tells a CRC32 by this name.
        ("CRC64NVME", "AAAAAA==", False),
        ("CRC32C", "AAAAAA==", True),
        ("CRC32C", "AAAAAA==-3", False),
        ("SHA256", "A" * 43 + "=", True),
        ("SHA1", "A" * 27 + "=", True),
        ("SHA1", None, False),
    ],
)
def test_only_a_checksum_of_bytes_is_one(
    algorithm: str, value: str | None, *, believed: bool
) -> None:
    assert (full(algorithm, value) is not None) == believed


def test_an_endpoint_copies_at_once_what_takes_no_time_whatever_its_size() -> None:
    memory = EndpointMemory()
    memory.copied(32 * MIB, 0.001)
    assert memory.learned == {}
    # Neither: a byte by byte copy of 100 MiB, and a reference under load.
    memory.copied(100 * MIB, 0.8)
    assert memory.learned == {}
    memory.copied(4096 * MIB, 0.3)
    assert memory.learned == {"copies-at-once": True}
    memory.copied(4096 * MIB, 4.5)
    assert memory.learned == {"copies-at-once": True}
    memory.copied(4096 * MIB, 20)
    assert memory.learned == {"copies-at-once": False}


def test_amazon_keeps_its_own_checksum_and_others_the_cheap_one() -> None:
    assert checksums("https://s3.eu-west-1.amazonaws.com")[0] == "CRC64NVME"
    assert checksums("https://s3.example:9000")[0] == "CRC32C"
