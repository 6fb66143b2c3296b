"""Secrets in the database: readable with the key file and not without."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailpixel.errors import InvalidInput, KeyringError
from mailpixel.inbound.source import CHANCE_BYTES, NewSource, new_source, open_secrets
from mailpixel.links.keyring import Key
from mailpixel.links.sealed import SEALED_BYTES, seal, unseal
from tests.support.builders import KEYRING, SENT_AT

NONCE = bytes(range(12))


@given(st.binary(max_size=200), st.binary(min_size=12, max_size=12))
def test_a_sealed_secret_is_read_back(secret: bytes, nonce: bytes) -> None:
    assert unseal(KEYRING, "webhook", seal(KEYRING, "webhook", secret, nonce)) == secret


def test_a_sealed_secret_shows_nothing_of_itself() -> None:
    secret = b"whsec_" + b"a" * 64
    sealed = seal(KEYRING, "webhook", secret, NONCE)
    assert secret not in sealed
    assert b"aaaa" not in sealed
    assert seal(KEYRING, "webhook", secret, NONCE[::-1]) != sealed
    assert seal(KEYRING, "inbound", secret, NONCE) != sealed


@given(st.integers(0, 32), st.integers(1, 255))
def test_a_changed_byte_is_refused(at: int, change: int) -> None:
    sealed = bytearray(seal(KEYRING, "webhook", b"four", NONCE))
    sealed[at] ^= change
    with pytest.raises(KeyringError, match="set the secret again"):
        unseal(KEYRING, "webhook", bytes(sealed))


@pytest.mark.parametrize("sealed", [b"", b"\x01", b"\x01" * 17, b"\x01" * 33])
def test_what_was_never_sealed_is_refused(sealed: bytes) -> None:
    with pytest.raises(KeyringError):
        unseal(KEYRING, "webhook", sealed)


def test_another_purpose_or_keyring_cannot_read_it_and_a_rotated_one_can() -> None:
    sealed = seal(KEYRING, "webhook", b"secret", NONCE)
    for purpose, keyring in (("inbound", KEYRING), ("webhook", replace(KEYRING, pseudonym=b"q" * 32))):
        with pytest.raises(KeyringError):
            unseal(keyring, purpose, sealed)
    rotated = replace(KEYRING, keys=(Key(2, b"n" * 32, SENT_AT),))
    assert unseal(rotated, "webhook", sealed) == b"secret"


def test_a_secret_has_a_longest_length() -> None:
    longest = b"x" * SEALED_BYTES
    assert unseal(KEYRING, "webhook", seal(KEYRING, "webhook", longest, NONCE)) == longest
    with pytest.raises(InvalidInput, match="at most 65,536"):
        seal(KEYRING, "webhook", longest + b"x", NONCE)


def test_a_secret_of_one_name_cannot_stand_in_for_that_of_another() -> None:
    source, _ = new_source(NewSource("one", "mailgun", "key"), KEYRING, b"c" * CHANCE_BYTES, SENT_AT)
    assert open_secrets(KEYRING, source).key == "key"
    with pytest.raises(KeyringError, match="source two"):
        open_secrets(KEYRING, replace(source, name="two"))
