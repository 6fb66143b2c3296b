"""How the mail of each recipient is signed: by name, without a name, or not at all, and why."""

import csv
import io
from collections.abc import Sequence

import pytest

from mailpixel.claims import Claims, TokenKind
from mailpixel.links.lists.minted_rows import Format, Job
from mailpixel.links.minter import Minter
from mailpixel.links.splicing.options import RewriteOptions
from mailpixel.links.token import TokenSigner
from mailpixel.links.urls import parse_path
from mailpixel.minting.run import mint_links
from mailpixel.model import Campaign, Link
from mailpixel.modes import (
    AS_BEFORE,
    FULL,
    OFF,
    Consent,
    Mode,
    Modes,
    Statement,
    Treatment,
    Untracked,
    both,
    treatment_of,
)
from mailpixel.privacy.resolve import LEGACY, NO_LIMITS, Limits, Policy
from mailpixel.privacy.signing import OWN, Signing, treatment
from mailpixel.rewriting import Rewriter, rewriter_of
from mailpixel.store.consents import CONSENTS
from mailpixel.store.memory import MemoryRegistry
from tests.support.builders import KEYRING, SENT_AT

BASE = "https://t.example"
SHOP = "https://shop.example/a?x=1,2"
MINT = Minter(KEYRING, BASE, "c1")
GRANTED, DENIED, UNKNOWN = (
    Consent(said, said) for said in (Statement.GRANTED, Statement.DENIED, Statement.UNKNOWN)
)
AGGREGATE, INDIVIDUAL = both(Mode.AGGREGATE), both(Mode.INDIVIDUAL)
HTML = f'<body><a href="{SHOP}">Shop</a> <a href="mailpixel:choice">Your choice</a></body>'


@pytest.mark.parametrize(
    ("policy", "limits", "consent", "expected"),
    [
        (Policy(), NO_LIMITS, UNKNOWN, Treatment(INDIVIDUAL)),
        (Policy(FULL), NO_LIMITS, GRANTED, AS_BEFORE),
        (Policy(), NO_LIMITS, DENIED, Treatment(OFF, Untracked.REFUSED, Untracked.REFUSED)),
        (
            Policy(unknown=AGGREGATE),
            NO_LIMITS,
            Consent(Statement.UNKNOWN, Statement.DENIED),
            Treatment(Modes(Mode.AGGREGATE, Mode.OFF), Untracked.UNKNOWN, Untracked.REFUSED),
        ),
        (Policy(), Limits(OFF), DENIED, Treatment(OFF, Untracked.MODE, Untracked.MODE)),
        (
            Policy(),
            NO_LIMITS,
            GRANTED._replace(erased=True),
            Treatment(OFF, Untracked.ERASED, Untracked.ERASED),
        ),
        (LEGACY, NO_LIMITS, UNKNOWN, AS_BEFORE),
        (LEGACY, NO_LIMITS, DENIED, Treatment(None, Untracked.REFUSED, Untracked.REFUSED)),
    ],
)
def test_what_is_in_force_decides_how_a_mail_is_signed(
    policy: Policy, limits: Limits, consent: Consent, expected: Treatment
) -> None:
    assert treatment(policy, limits, consent) == expected
    assert treatment_of(expected.text) == expected


def test_a_seed_is_signed_by_name_in_every_mode() -> None:
    assert treatment(Policy(OFF), Limits(OFF, 1), UNKNOWN, own=True) == Treatment(INDIVIDUAL)


PEOPLE = {"r-no": DENIED, "r-yes": GRANTED, "r-links": Consent(Statement.DENIED, Statement.GRANTED)}


def states(recipients: Sequence[str]) -> bytes:
    return bytes(CONSENTS.index(PEOPLE.get(each, UNKNOWN)) for each in recipients)


def minted(policy: Policy, merge: bool = False) -> dict[str, dict[str, str]]:
    """The rows of a list, by recipient."""
    treat = Signing(policy, Campaign("c1", "One"), states)
    job = Job("c1", BASE, (1,), Format.CSV, merge, workers=1, destinations=(SHOP,), treat=treat)
    sink = io.BytesIO()
    list_ = "\n".join([*PEOPLE, "r-silent", "r-seed"]).encode()
    tally = mint_links(io.BytesIO(list_), sink, job, KEYRING)
    assert sum(tally.signed.values()) == 5
    assert tally.duplicates == 0
    return {row["recipient"]: row for row in csv.DictReader(io.StringIO(sink.getvalue().decode()))}


POLICY = Policy(INDIVIDUAL, unknown=AGGREGATE, seeds=frozenset({"r-seed"}))


def test_each_row_of_a_list_has_what_its_recipient_allows() -> None:
    rows = minted(POLICY)
    of_nobody = MINT.campaign_token()
    link_alone = Modes(Mode.OFF, Mode.INDIVIDUAL)
    assert {id: (row["pixel_url"], row["link_1"]) for id, row in rows.items()} == {
        "r-no": ("", SHOP),
        "r-yes": (MINT.pixel("r-yes", INDIVIDUAL), MINT.link("r-yes", 1, INDIVIDUAL)),
        "r-links": ("", MINT.link("r-links", 1, link_alone)),
        "r-silent": (f"{BASE}/o/{of_nobody}.gif", f"{BASE}/c/{of_nobody}/1"),
        "r-seed": (MINT.pixel("r-seed", INDIVIDUAL), MINT.link("r-seed", 1, INDIVIDUAL)),
    }
    assert [row["choice_url"] for row in rows.values()] == [MINT.choice(id) for id in rows]
    assert "r-no" not in rows["r-no"]["link_1"] + rows["r-no"]["pixel_url"]


def test_a_merge_token_leads_on_for_everybody_and_counts_only_what_is_allowed() -> None:
    rows = minted(POLICY, merge=True)
    assert {id: claims(row["token"]) for id, row in rows.items()} == {
        "r-no": Claims(TokenKind.CAMPAIGN, "c1", "", preview=True),
        "r-yes": Claims(TokenKind.MESSAGE, "c1", "r-yes", modes=INDIVIDUAL),
        "r-links": Claims(TokenKind.MESSAGE, "c1", "r-links", modes=Modes(Mode.OFF, Mode.INDIVIDUAL)),
        "r-silent": Claims(TokenKind.CAMPAIGN, "c1", ""),
        "r-seed": Claims(TokenKind.MESSAGE, "c1", "r-seed", modes=INDIVIDUAL),
    }


def test_an_installation_without_a_mode_signs_as_before() -> None:
    rows = minted(LEGACY)
    assert {id: (row["pixel_url"], row["link_1"]) for id, row in rows.items()} == {
        id: (MINT.pixel(id), MINT.link(id, 1)) for id in rows
    }


def claims(token: str) -> Claims | None:
    reading = TokenSigner(KEYRING).verify(token, frozenset(TokenKind))
    assert reading.problem is None
    return reading.claims


def test_codes_of_seeds_stand_beside_those_of_the_others() -> None:
    signing = Signing(POLICY, Campaign("c1", "One"), states)
    assert signing.codes(["r-seed", "r-no"]) == bytes([OWN, CONSENTS.index(DENIED)])
    assert signing.of("r-seed") == Treatment(INDIVIDUAL)


@pytest.fixture
def registry() -> MemoryRegistry:
    made = MemoryRegistry()
    made.add_campaign(Campaign("c1", "One", links=(Link(1, SHOP),)))
    made.opt_out("r-no", SENT_AT)
    return made


def rewriter(registry: MemoryRegistry, policy: Policy) -> Rewriter:
    return rewriter_of(registry, KEYRING, "c1", RewriteOptions(BASE), policy=policy)


def test_mail_to_somebody_who_refused_keeps_its_links_and_has_no_pixel(registry: MemoryRegistry) -> None:
    sent = rewriter(registry, Policy()).html(HTML, "r-no")
    assert sent.output == HTML.replace("mailpixel:choice", MINT.choice("r-no"))
    assert (sent.has_pixel, sent.links, sent.carried, sent.report) == (
        False,
        (),
        (),
        {"tracked": 0, "unmeasured": 1},
    )
    raw = b"Content-Type: text/html; charset=utf-8\r\n\r\n" + HTML.encode()
    message = rewriter(registry, Policy()).message(raw, "r-no")
    assert message.output == raw.replace(b"mailpixel:choice", MINT.choice("r-no").encode())


def test_mail_without_names_is_the_same_for_everybody_but_for_the_choice(registry: MemoryRegistry) -> None:
    mails = {
        id: rewriter(registry, Policy(AGGREGATE)).html(HTML, id).output.replace(MINT.choice(id), "")
        for id in ("r-1", "r-2")
    }
    assert len(set(mails.values())) == 1
    assert f'href="{BASE}/c/{MINT.campaign_token()}/1"' in mails["r-1"]
    assert f'src="{BASE}/o/{MINT.campaign_token()}.gif"' in mails["r-1"]
    own = '<a href="https://shop.example/reset?token=7">'
    assert own in rewriter(registry, Policy(AGGREGATE)).html(own, "r-1").output


def test_the_modes_stand_in_the_tokens_of_a_mail(registry: MemoryRegistry) -> None:
    sent = rewriter(registry, Policy()).html(HTML, "r-1").output
    paths = [parse_path(part.split('"')[0]) for part in sent.split(BASE)[1:]]
    assert [path and claims(path.token) for path in paths] == [
        Claims(TokenKind.CLICK, "c1", "r-1", 1, modes=Modes(Mode.OFF, Mode.INDIVIDUAL)),
        Claims(TokenKind.CHOICE, "c1", "r-1"),
        Claims(TokenKind.OPEN, "c1", "r-1", modes=Modes(Mode.INDIVIDUAL, Mode.OFF)),
    ]


def test_every_mail_is_counted_by_its_treatment(registry: MemoryRegistry) -> None:
    made = rewriter(registry, Policy())
    for recipient in ("r-1", "r-2", "r-no"):
        made.html(HTML, recipient)
    made.token("r-3")
    counted = {each.treatment: each.number for each in registry.signings("c1")}
    refused = Treatment(OFF, Untracked.REFUSED, Untracked.REFUSED)
    assert counted == {Treatment(INDIVIDUAL): 3, refused: 1}
