"""What an endpoint's answers teach, and what is done for the proof after that."""

from handlers.mechanisms.hashes import CRC_HEADER, Hashes
from handlers.mechanisms.s3.integrity import EndpointMemory, Kind, plan, verdict
from handlers.mechanisms.s3.settings import Integrity

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
