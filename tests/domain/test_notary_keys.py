"""Which keys are believed: introduced by the one before, each with its consent."""

from domain.notary.encoding import entries
from domain.notary.findings import Wrong
from domain.notary.key_chain import KeyChain, SignedKey
from domain.notary.statements import digest_of
from domain.notary.witness import keys_told
from projections.notary.keys import Signer, introduction, verify_with
from tests.domain.sealed_log import (
    SIGNER,
    found_in,
    key,
    seal_all,
    sealed_log,
    statement,
)

LOG = sealed_log()
MALLORY = Signer(b"m" * 32)


def test_nobody_puts_a_key_of_his_own_before_a_trusted_one() -> None:
    # The genuine key would take over long after all that is forged.
    text = key(MALLORY, SIGNER, 10**9).statement
    once = MALLORY.sign(text).value
    for signature in (once, once + once, introduction(text, MALLORY, MALLORY).value):
        chain = KeyChain.of(
            [key(MALLORY, MALLORY), SignedKey(text, signature)], verify_with
        )
        assert [each.new_key for each in chain.keys] == [MALLORY.key_id]
        assert chain.problem == "a key has not agreed to be introduced"


def test_an_old_key_signs_nothing_for_who_trusts_a_later_one() -> None:
    second, data = Signer(b"2" * 32), b"a receipt"
    keys = [*LOG.keys, key(SIGNER, second, 3, "1" * 64)]
    for trusted, believed in (
        ((), True),
        ((SIGNER.key_id,), True),
        ((second.key_id,), False),
        ((SIGNER.key_id, second.key_id), True),
    ):
        chain = KeyChain.of(keys, verify_with, trusted)
        old, new = (
            chain.signed(each.key_id, each.sign(data).value, data, verify_with)
            for each in (SIGNER, second)
        )
        assert (old, new) == (believed, True)


def test_a_key_that_was_introduced_is_waited_for() -> None:
    second = Signer(b"2" * 32)
    previous = digest_of(LOG.seals[1].statement)
    there = {
        each: event
        for each, event in LOG.events.items()
        if each <= statement(LOG.seals[1]).last
    }
    for number, before, expected in (
        (3, previous, None),
        (3, "1" * 64, Wrong.MISSING_SEAL),
        (4, previous, Wrong.MISSING_SEAL),
        (10**9, previous, Wrong.MISSING_SEAL),
    ):
        keys = [*LOG.keys, key(SIGNER, second, number, before)]
        finding = found_in(there, LOG.seals[:2], keys)
        assert (finding and finding.wrong) == expected
        if finding:
            assert finding.position == statement(LOG.seals[1]).last + 1


def test_a_key_that_is_told_twice_is_one() -> None:
    second = Signer(b"2" * 32)
    keys = [*LOG.keys, key(SIGNER, second, 3, "1" * 64)]
    chain = KeyChain.of(keys, verify_with)
    behind_itself = key(second, second, 5, "2" * 64)
    for again in (*keys, behind_itself, key(second, SIGNER, 5, "2" * 64)):
        assert KeyChain.of([*keys, again], verify_with).problem
        assert keys_told([*keys, again], verify_with) == chain
    assert keys_told([keys[0], keys[0], keys[1]], verify_with) == chain


def test_a_chain_without_a_trusted_key_is_anybodys() -> None:
    assert KeyChain.of(LOG.keys, verify_with, [SIGNER.key_id]).keys
    chain = KeyChain.of(LOG.keys, verify_with, [MALLORY.key_id])
    assert (chain.keys, bool(chain.problem)) == ((), True)


def test_a_new_key_signs_from_the_next_page_on() -> None:
    second = Signer(b"2" * 32)
    there = [LOG.events[each] for each in sorted(LOG.events)]
    early = seal_all(None, entries(there[:700]))
    late = seal_all(early[-1], entries(there[700:]), second)
    # The second page stays as short as it was.
    assert [statement(each).number for each in late] == [3]
    follows = key(SIGNER, second, 3, digest_of(early[-1].statement))
    keys = [*LOG.keys, follows]
    assert found_in(LOG.events, [*early, *late], keys) is None
    for wrong in (
        LOG.keys,
        [follows],
        [*LOG.keys, key(MALLORY, second, 3, digest_of(early[-1].statement))],
        [*LOG.keys, key(SIGNER, second, 2, digest_of(early[-2].statement))],
        [*LOG.keys, key(SIGNER, second, 3, digest_of(early[-2].statement))],
    ):
        finding = found_in(LOG.events, [*early, *late], wrong)
        assert finding is not None
        assert finding.wrong is Wrong.FORGED_SEAL
