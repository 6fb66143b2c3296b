"""Many edits of good tokens: none is accepted, whatever it decodes to."""

import random
import string
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from multiprocessing import get_context

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailpixel.claims import Claims, TokenKind, modes_in_token
from mailpixel.links.keyring import Key, Keyring
from mailpixel.links.token import Problem, Reading, TokenSigner
from mailpixel.links.token_format import CODES
from mailpixel.modes import Mode, Modes
from tests.support.minting import text_of

EDITS = [100_000, pytest.param(1_000_000, marks=pytest.mark.soak)]
SHARES = 2
EVERY = frozenset(TokenKind)
NOW = datetime(2026, 11, 25, tzinfo=UTC)
SIGNER = TokenSigner(Keyring((Key(1, b"a" * 32, NOW), Key(2, b"b" * 32, NOW)), b"p" * 32))
OLDER = TokenSigner(Keyring((Key(1, b"a" * 32, NOW),), b"p" * 32))
TOKEN_ALPHABET = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"
ANY_ALPHABET = TOKEN_ALPHABET + "=+/.'%~ \n\0é"

CLAIMS = [
    Claims(kind, campaign, "" if kind is TokenKind.CAMPAIGN else recipient, link, destination, preview, modes)
    for kind, link, destination, modes in [
        (TokenKind.OPEN, None, None, None),
        (TokenKind.OPEN, None, None, Modes(Mode.INDIVIDUAL, Mode.OFF)),
        (TokenKind.MESSAGE, None, None, None),
        (TokenKind.MESSAGE, None, None, Modes(Mode.AGGREGATE, Mode.INDIVIDUAL)),
        (TokenKind.CLICK, 1, None, None),
        (TokenKind.CLICK, 300, None, Modes(Mode.OFF, Mode.FULL)),
        (TokenKind.CLICK, None, "https://shop.example/p?id=7", None),
        (TokenKind.CAMPAIGN, None, None, None),
        (TokenKind.CHOICE, None, None, None),
    ]
    for campaign in ("c", "spring-2026", "autumn-2026")
    for recipient in ("r-1001", "r-1002", "r" * 30)
    for preview in (False, True)
]
TOKENS = [signer.sign(claims) for claims in CLAIMS for signer in (SIGNER, OLDER)]
GOOD = frozenset(TOKENS)

Edit = Callable[[random.Random, str], str]


def bit(chance: random.Random, token: str) -> str:
    """One bit of one character."""
    at = chance.randrange(len(token))
    return token[:at] + chr(ord(token[at]) ^ 1 << chance.randrange(7)) + token[at + 1 :]


def character(chance: random.Random, token: str) -> str:
    """One character becomes another one of the alphabet: also the last, whose low bits say nothing."""
    at = chance.choice((chance.randrange(len(token)), len(token) - 1, len(token) - 23))
    return token[:at] + chance.choice(TOKEN_ALPHABET) + token[at + 1 :]


def swap(chance: random.Random, token: str) -> str:
    """Two neighbours change places."""
    at = chance.randrange(len(token) - 1)
    return token[:at] + token[at + 1] + token[at] + token[at + 2 :]


def cut(chance: random.Random, token: str) -> str:
    """Something is missing at the end, the beginning or within."""
    start = chance.randrange(len(token))
    end = chance.choice((len(token), start + chance.randrange(1, 5)))
    return chance.choice((token[:start] + token[end:], token[end:]))


def more(chance: random.Random, token: str) -> str:
    """Something is put in."""
    at = chance.choice((chance.randrange(len(token)), len(token), len(token) - 22, 0))
    return token[:at] + "".join(chance.choices(ANY_ALPHABET, k=chance.randrange(1, 4))) + token[at:]


def splice(chance: random.Random, token: str) -> str:
    """The front of one token and the rest of another."""
    other = chance.choice(TOKENS)
    at = chance.choice((chance.randrange(len(token)), 4))
    return chance.choice((token[:at] + other[at:], token[:-22] + other[-22:]))


def spelling(chance: random.Random, token: str) -> str:
    """Another way to write the same bytes, or nearly."""
    body, signature = token[:-22], token[-22:]
    plain = token.translate(str.maketrans("-_", "+/"))
    return chance.choice((
        body + "=" * (-len(body) % 4) + signature,
        token + "==",
        body + "." + signature,
        plain if plain != token else token + "=",
        token.swapcase(),
        body + "\n" + signature,
        loosened(chance, body) + signature,
        body + loosened(chance, signature),
    ))  # fmt: skip


def loosened(chance: random.Random, text: str) -> str:
    """The last character with other low bits."""
    value = TOKEN_ALPHABET.find(text[-1:])
    return text[:-1] + TOKEN_ALPHABET[value ^ chance.randrange(1, 16)] if value >= 0 else text


def kind(chance: random.Random, token: str) -> str:
    """Another kind, flag, key or version in the first three bytes."""
    head = bytes([
        chance.choice((1, 1, 1, 0, 2)),
        chance.choice((1, 2, 2, 3)),
        chance.choice((*CODES.values(), 17, 18, 19, 34, 50, 64, 65, 66, 67, 68, 69, 81, 98, 129)),
    ])  # fmt: skip
    return text_of(head) + token[4:]


TRICKS: Sequence[Edit] = (bit, character, swap, cut, more, splice, spelling, kind)


def accepted(seed: int, edits: int) -> tuple[list[str], int]:
    """(the edits that were accepted, how many there were): each token edited once or twice, never into a good one."""
    chance = random.Random(seed)
    verify = SIGNER.verify
    wrong: list[str] = []
    made = 0
    while made < edits:
        token = chance.choice(TOKENS)
        edited = chance.choice(TRICKS)(chance, token)
        if not made & 7:
            edited = chance.choice(TRICKS)(chance, edited or token) if len(edited) > 30 else edited
        if edited in GOOD:
            continue
        made += 1
        if verify(edited, EVERY).problem is None:
            wrong.append(edited)
    return wrong, made


@pytest.mark.parametrize("edits", EDITS)
def test_not_one_of_many_edits_is_accepted(edits: int) -> None:
    with ProcessPoolExecutor(SHARES, get_context("spawn")) as pool:
        shares = list(pool.map(accepted, range(SHARES), [edits // SHARES] * SHARES))
    assert shares == [([], edits // SHARES)] * SHARES


def test_the_tricks_make_tokens_that_are_nearly_right() -> None:
    chance = random.Random(7)
    seen = {
        trick.__name__: {
            SIGNER.verify(trick(chance, chance.choice(TOKENS)), EVERY).problem for _ in range(4_000)
        }
        for trick in TRICKS
    }
    assert seen["kind"] >= {Problem.MALFORMED, Problem.BAD_SIGNATURE, Problem.UNKNOWN_KEY}
    assert seen["splice"] >= {Problem.MALFORMED, Problem.BAD_SIGNATURE}
    assert all(problems & {Problem.MALFORMED, Problem.BAD_SIGNATURE} for problems in seen.values())


def test_no_token_is_good_in_the_place_of_another_kind() -> None:
    for token in TOKENS:
        good = [kind for kind in TokenKind if SIGNER.verify(token, frozenset({kind})).problem is None]
        assert len(good) == 1


CAMPAIGNS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", fullmatch=True)
RECIPIENTS = st.from_regex(r"[A-Za-z0-9._:~+=/-]{1,128}", fullmatch=True)
DESTINATIONS = st.from_regex(r"https?://[a-z]{1,20}\.example(/[a-zäß日0-9._~?#=&-]{0,200})?", fullmatch=True)


@given(CAMPAIGNS, RECIPIENTS, st.integers(1, 65_535), DESTINATIONS, st.booleans())
def test_whatever_is_signed_reads_back_the_same(
    campaign: str, recipient: str, link: int, destination: str, preview: bool
) -> None:
    for claims in (
        Claims(TokenKind.OPEN, campaign, recipient, preview=preview),
        Claims(TokenKind.MESSAGE, campaign, recipient, preview=preview),
        Claims(TokenKind.CLICK, campaign, recipient, link, None, preview),
        Claims(TokenKind.CLICK, campaign, recipient, None, destination, preview),
        Claims(TokenKind.CAMPAIGN, campaign, "", preview=preview),
        Claims(TokenKind.CHOICE, campaign, recipient, preview=preview),
    ):
        assert SIGNER.verify(SIGNER.sign(claims), EVERY) == Reading(claims)


@given(st.sampled_from(CLAIMS), st.sampled_from(Mode), st.sampled_from(Mode))
def test_modes_read_back_as_far_as_they_concern_the_kind(claims: Claims, opens: Mode, clicks: Mode) -> None:
    said = claims._replace(modes=modes_in_token(claims.kind, Modes(opens, clicks)))
    assert SIGNER.verify(SIGNER.sign(said), EVERY) == Reading(said)


@given(st.one_of(st.text(), st.text(st.sampled_from(ANY_ALPHABET), min_size=26)))
def test_any_text_is_read_without_an_error_and_never_accepted(text: str) -> None:
    assert SIGNER.verify(text, EVERY).problem is not None
    assert SIGNER.verify("AQEB" + text, EVERY).problem is not None
