"""Tokens: the published vectors both ways, bounds, kinds, keys, and one spelling only."""

import hmac
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from itsdangerous import Signer

from mailpixel.claims import (
    Claims,
    TokenKind,
    are_recipients,
    check_campaign_id,
    check_link_number,
    check_recipient,
    modes_in_token,
)
from mailpixel.errors import InvalidInput
from mailpixel.folder.key_file import new_keyring
from mailpixel.links.keyring import Key, Keyring, pseudonym
from mailpixel.links.minter import Minter
from mailpixel.links.signature import KeyedHMAC, KindSigner, derived_key
from mailpixel.links.token import TOKEN_CHARS, Problem, Reading, TokenSigner
from mailpixel.links.token_format import decode, encode, read_varint, varint
from mailpixel.modes import FULL, Mode, Modes
from tests.support.minting import minted

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).parent.parent / "data" / "token_vectors.json").read_text()
)
NOW = datetime(2026, 11, 25, tzinfo=UTC)
EVERY = frozenset(TokenKind)
SECRETS = {key["id"]: bytes.fromhex(key["secret"]) for key in VECTORS["keys"]}
PSEUDONYM = bytes.fromhex(VECTORS["pseudonym_secret"])


def keyring(*ids: int) -> Keyring:
    return Keyring(tuple(Key(id, SECRETS[id], NOW) for id in ids), PSEUDONYM)


def claims_of(fields: dict[str, Any]) -> Claims:
    modes = {name: Mode(number) for name, number in fields.get("modes", {}).items()}
    return Claims(**fields | {"kind": TokenKind(fields["kind"]), "modes": Modes(**modes) if modes else None})


SIGNER = TokenSigner(keyring(1, 2, 255))
OPEN = Claims(TokenKind.OPEN, "spring-2026", "r-1001")
CLICK = Claims(TokenKind.CLICK, "spring-2026", "r-1001", link=1)
MESSAGE = Claims(TokenKind.MESSAGE, "spring-2026", "r-1001")
CAMPAIGN = Claims(TokenKind.CAMPAIGN, "spring-2026", "")
CHOICE = Claims(TokenKind.CHOICE, "spring-2026", "r-1001")
MODED = MESSAGE._replace(modes=Modes(Mode.AGGREGATE, Mode.INDIVIDUAL))
ONE_OF_EACH = [OPEN, CLICK, MESSAGE, CAMPAIGN, CHOICE]


@pytest.mark.parametrize("vector", VECTORS["tokens"], ids=lambda vector: vector["name"])
def test_a_published_token_is_signed_and_verified_as_published(vector: dict[str, Any]) -> None:
    claims = claims_of(vector["claims"])
    assert TokenSigner(keyring(vector["key"])).sign(claims) == vector["token"]
    assert SIGNER.verify(vector["token"], EVERY) == Reading(claims)


@pytest.mark.parametrize("vector", VECTORS["tokens"], ids=lambda vector: vector["name"])
def test_a_published_token_follows_from_the_recipe_alone(vector: dict[str, Any]) -> None:
    assert minted(SECRETS[vector["key"]], vector["key"], vector["claims"]) == vector["token"]


@pytest.mark.parametrize("vector", VECTORS["refused"], ids=lambda vector: vector["name"])
def test_a_published_refusal_is_refused_for_its_reason(vector: dict[str, Any]) -> None:
    claims = None if vector["claims"] is None else claims_of(vector["claims"])
    assert SIGNER.verify(vector["token"], EVERY) == Reading(claims, Problem(vector["problem"]))


@pytest.mark.parametrize("vector", VECTORS["pseudonyms"], ids=lambda vector: vector["address"])
def test_a_published_pseudonym_is_made_as_published(vector: dict[str, str]) -> None:
    assert pseudonym(keyring(1), vector["address"]) == vector["pseudonym"]
    assert check_recipient(vector["pseudonym"]) == vector["pseudonym"]


@pytest.mark.parametrize("claims", [*ONE_OF_EACH, MODED], ids=lambda claims: str(claims.kind))
@pytest.mark.parametrize("kind", TokenKind)
def test_a_token_is_good_for_its_own_kind_alone(claims: Claims, kind: TokenKind) -> None:
    reading = SIGNER.verify(SIGNER.sign(claims), frozenset({kind}))
    assert reading == Reading(claims, None if kind is claims.kind else Problem.WRONG_KIND)


def test_old_tokens_verify_for_as_long_as_their_key_is_kept() -> None:
    token = TokenSigner(keyring(1)).sign(OPEN)
    assert TokenSigner(keyring(1, 2)).verify(token, EVERY) == Reading(OPEN)
    assert TokenSigner(keyring(2)).verify(token, EVERY) == Reading(OPEN, Problem.UNKNOWN_KEY)


def test_the_newest_key_signs_whatever_its_id() -> None:
    assert TokenSigner(keyring(2, 1)).sign(OPEN) == TokenSigner(keyring(1)).sign(OPEN)


def test_a_key_with_the_id_of_another_is_forgery_and_says_so() -> None:
    stranger = new_keyring(NOW)
    reading = TokenSigner(keyring(1)).verify(TokenSigner(stranger).sign(OPEN), EVERY)
    assert reading == Reading(OPEN, Problem.BAD_SIGNATURE)
    assert reading.forged
    assert not Reading(OPEN).forged


@pytest.mark.parametrize(
    "text", ["é" * 80, "\ud800" * 80, "A" * (TOKEN_CHARS + 1), "AQIB" + "\0" * 60, "A", "ÀQIB"]
)
def test_what_is_no_token_is_malformed(text: str) -> None:
    assert SIGNER.verify(text, EVERY) == Reading(None, Problem.MALFORMED)


def test_the_longest_destination_fits_into_a_token() -> None:
    destination = "https://a.example/".ljust(65_536, "x")
    modes = Modes(Mode.OFF, Mode.FULL)
    claims = Claims(TokenKind.CLICK, "c" * 64, "r" * 128, destination=destination, modes=modes)
    token = SIGNER.sign(claims)
    assert SIGNER.verify(token, EVERY) == Reading(claims)
    assert len(token) == TOKEN_CHARS


@pytest.mark.parametrize(
    ("claims", "field"),
    [
        (Claims(TokenKind.OPEN, "", "r"), "campaign"),
        (Claims(TokenKind.OPEN, "c" * 65, "r"), "campaign"),
        (Claims(TokenKind.OPEN, "-c", "r"), "campaign"),
        (Claims(TokenKind.OPEN, "c\n", "r"), "campaign"),
        (Claims(TokenKind.OPEN, "c", ""), "recipient"),
        (Claims(TokenKind.OPEN, "c", "r" * 129), "recipient"),
        (Claims(TokenKind.OPEN, "c", "r 1"), "recipient"),
        (Claims(TokenKind.OPEN, "c", "r1\n"), "recipient"),
        (Claims(TokenKind.OPEN, "c", "ré"), "recipient"),
        (Claims(TokenKind.OPEN, "c", "\ud800"), "recipient"),
        (Claims(TokenKind.OPEN, "c", "r", link=1), "link"),
        (Claims(TokenKind.MESSAGE, "c", "r", destination="https://a.example/"), "link"),
        (Claims(TokenKind.CLICK, "c", "r"), "link"),
        (Claims(TokenKind.CLICK, "c", "r", link=1, destination="https://a.example/"), "link"),
        (Claims(TokenKind.CLICK, "c", "r", link=0), "link"),
        (Claims(TokenKind.CLICK, "c", "r", link=65_536), "link"),
        (Claims(TokenKind.CLICK, "c", "r", link=True), "link"),
        (Claims(TokenKind.CAMPAIGN, "c", "r"), "recipient"),
        (Claims(TokenKind.CAMPAIGN, "c", "", link=1), "link"),
        (Claims(TokenKind.CAMPAIGN, "c", "", modes=FULL), "modes"),
        (Claims(TokenKind.CHOICE, "c", ""), "recipient"),
        (Claims(TokenKind.CHOICE, "c", "r", link=1), "link"),
        (Claims(TokenKind.CHOICE, "c", "r", modes=FULL), "modes"),
        (Claims(TokenKind.OPEN, "c", "r", modes=FULL), "modes"),
        (Claims(TokenKind.CLICK, "c", "r", link=1, modes=FULL), "modes"),
        (Claims(TokenKind.CLICK, "c", "r", destination="javascript:alert(1)"), "destination"),
        (Claims(TokenKind.CLICK, "c", "r", destination="https://a.example/" + "é" * 65_536), "destination"),
    ],
)
def test_claims_out_of_bounds_are_not_signed(claims: Claims, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        SIGNER.sign(claims)
    assert refused.value.field == field


def test_a_destination_is_measured_as_given_too() -> None:
    destination = "https://a.example/" + "é/../" * 12_000
    with pytest.raises(InvalidInput, match="65,536 bytes"):
        SIGNER.sign(Claims(TokenKind.CLICK, "c", "r", destination=destination))


@pytest.mark.parametrize("address", ["a@b.example", "a%40b.example", "A@B"])
def test_an_address_is_refused_with_the_remedy_and_never_repeated(address: str) -> None:
    with pytest.raises(InvalidInput, match=r"looks like an e-mail address.*keyed pseudonym") as refused:
        check_recipient(address)
    assert address not in str(refused.value)
    assert not are_recipients(["r-1", address])


@pytest.mark.parametrize("texts", [[""], ["r-1", ""], ["r" * 129], ["r-1", "r 2"], ["é"], ["r\n"]])
def test_many_ids_at_once_are_judged_as_one_by_one(texts: list[str]) -> None:
    assert not are_recipients(texts)
    with pytest.raises(InvalidInput):
        check_recipient(next(text for text in texts if text != "r-1"))


def test_ids_at_their_bounds_are_taken() -> None:
    ids = ["r", "r" * 128, "AZaz09._:~+=/-"]
    assert are_recipients(ids)
    assert [check_recipient(id) for id in ids] == ids
    assert are_recipients([])
    assert check_campaign_id("9" + "Aa._-" * 12) == "9" + "Aa._-" * 12
    assert [check_link_number(n) for n in (1, 65_535)] == [1, 65_535]


@pytest.mark.parametrize("campaign", ["c", "cc", "ccc", "c" * 62, "c" * 63, "c" * 64])
@pytest.mark.parametrize("claims", [OPEN, CLICK, MESSAGE, CHOICE, MODED], ids=lambda claims: str(claims.kind))
def test_a_series_signs_what_the_recipe_gives_wherever_the_recipient_begins(
    claims: Claims, campaign: str
) -> None:
    fields: dict[str, object] = {"kind": str(claims.kind), "campaign": campaign, "link": claims.link}
    if claims.modes is not None:
        fields["modes"] = claims.modes._asdict()
    recipients = ["r", "r-1", "r" * 127, "r" * 128]
    series = SIGNER.series(Claims(claims.kind, campaign, "", claims.link, modes=claims.modes))
    expected = [minted(SECRETS[255], 255, fields | {"recipient": recipient}) for recipient in recipients]
    assert series.tokens(recipients) == expected
    assert [series.token(recipient) for recipient in recipients] == expected


def test_a_token_carries_of_the_modes_what_concerns_its_kind() -> None:
    modes = Modes(Mode.AGGREGATE, Mode.INDIVIDUAL)
    carried = {kind: modes_in_token(kind, modes) for kind in TokenKind}
    assert carried == {
        TokenKind.OPEN: Modes(Mode.AGGREGATE, Mode.OFF),
        TokenKind.CLICK: Modes(Mode.OFF, Mode.INDIVIDUAL),
        TokenKind.MESSAGE: modes,
        TokenKind.CAMPAIGN: None,
        TokenKind.CHOICE: None,
    }
    assert {modes_in_token(kind, None) for kind in TokenKind} == {None}


def test_a_mode_makes_a_token_two_characters_longer_at_most() -> None:
    for claims in (OPEN, CLICK, MESSAGE):
        moded = claims._replace(modes=modes_in_token(claims.kind, FULL))
        assert 1 <= len(SIGNER.sign(moded)) - len(SIGNER.sign(claims)) <= 2


def test_the_token_of_a_campaign_is_the_same_for_everybody() -> None:
    minter = Minter(keyring(1), "https://t.example", "spring-2026")
    assert minter.campaign_token() == TokenSigner(keyring(1)).sign(CAMPAIGN)
    assert minter.choice("r-1001") == "https://t.example/u/" + TokenSigner(keyring(1)).sign(CHOICE)
    modes = Modes(Mode.AGGREGATE, Mode.INDIVIDUAL)
    signed = {
        kind: minter.series(kind, 1 if kind is TokenKind.CLICK else None, modes).token("r-1001")
        for kind in (TokenKind.OPEN, TokenKind.CLICK, TokenKind.MESSAGE)
    }
    assert {kind: SIGNER.verify(token, EVERY) for kind, token in signed.items()} == {
        kind: Reading(claims._replace(modes=modes_in_token(kind, modes)))
        for kind, claims in ((TokenKind.OPEN, OPEN), (TokenKind.CLICK, CLICK), (TokenKind.MESSAGE, MESSAGE))
    }


def test_the_signature_is_that_of_the_signer_of_itsdangerous() -> None:
    signer = KindSigner(SECRETS[1], TokenKind.OPEN)
    assert signer.get_signature("AQEB") == Signer.get_signature(signer, "AQEB")
    assert signer.get_signature(b"AQEB") == Signer.get_signature(signer, b"AQEB")
    assert Signer.validate(signer, Signer.sign(signer, "AQEB"))


@pytest.mark.parametrize("size", [0, 1, 55, 56, 63, 64, 65, 119, 120, 1000])
def test_the_quick_hmac_is_the_hmac_of_the_standard_library(size: int) -> None:
    key, other, value = SECRETS[1], SECRETS[2], bytes(size)
    algorithm = KeyedHMAC(key)
    expected = hmac.digest(key, value, "sha256")[:16]
    assert algorithm.get_signature(key, value) == expected
    assert algorithm.get_signature(other, value) == hmac.digest(other, value, "sha256")[:16]
    assert algorithm.verify_signature(key, value, expected)
    for cut in {0, size // 2, size}:
        assert algorithm.after(value[:cut])(value[cut:]) == expected


def test_a_key_longer_than_a_block_is_refused_rather_than_hashed_wrongly() -> None:
    assert KeyedHMAC(bytes(64)).get_signature(bytes(64), b"x") == hmac.digest(bytes(64), b"x", "sha256")[:16]
    with pytest.raises(ValueError, match="64 bytes"):
        KeyedHMAC(bytes(65))


def test_every_kind_has_a_key_of_its_own() -> None:
    assert len({derived_key(SECRETS[1], kind) for kind in TokenKind}) == 5


@pytest.mark.parametrize("number", [0, 1, 127, 128, 16_383, 16_384, 65_535, 65_536])
def test_a_varint_reads_back_and_leaves_the_rest(number: int) -> None:
    assert read_varint(varint(number) + b"rest") == (number, b"rest")


@pytest.mark.parametrize("data", [b"", b"\x80", b"\x80\x00", b"\x81\x80\x00", b"\xff\xff\xff\x01"])
def test_a_varint_cut_off_or_longer_than_it_need_be_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="no varint"):
        read_varint(data)


@pytest.mark.parametrize(
    "text", [b"A", b"AB", b"ABC", b"AA==", b"A+AA", b"A/AA", b"AA A", b"AAA\n", b"AAAAA"]
)
def test_text_that_we_do_not_write_is_not_read(text: bytes) -> None:
    assert decode(text) is None


@pytest.mark.parametrize("data", [b"", b"\0", b"\xff\xfe", bytes(range(256))])
def test_bytes_read_back_from_their_text(data: bytes) -> None:
    assert decode(encode(data)) == data
