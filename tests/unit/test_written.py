"""The product's tables of modes equal a reading of the rules that shares nothing with them."""

from itertools import product

import pytest

from mailpixel.kinds import EventKind
from mailpixel.modes import Consent, Mode, Modes, Statement, both
from mailpixel.privacy.resolve import Limits, Policy, Signals, in_force, signed
from mailpixel.privacy.written import written
from tests.support import privacy_oracle as oracle

PURPOSES = {EventKind.OPEN: "opens", EventKind.CLICK: "clicks"}
SAID = {
    "granted": Consent(Statement.GRANTED, Statement.GRANTED),
    "denied": Consent(Statement.DENIED, Statement.DENIED),
    "unknown": Consent(),
    "erased": Consent(Statement.GRANTED, Statement.GRANTED, erased=True),
}


def mode_of(word: str) -> Mode:
    return Mode[word.upper()]


@pytest.mark.parametrize("kind", PURPOSES, ids=str)
def test_what_is_written_in_each_mode_is_what_the_rules_say(kind: EventKind) -> None:
    for mode, other in product(Mode, Mode):
        modes = Modes(mode, other) if kind is EventKind.OPEN else Modes(other, mode)
        found = written(kind, modes)
        words = {name for name, is_so in found._asdict().items() if is_so}
        assert words == oracle.written(mode.word, PURPOSES[kind])


def test_what_is_signed_and_in_force_is_what_the_rules_say() -> None:
    words = oracle.ORDER
    for ceiling, unknown, refused, token in product(words, words, words[:2], words):
        rules = oracle.Rules(ceiling, unknown, refused)
        policies = [  # the ceiling may be that of the installation or of the campaign
            (Policy(both(mode_of(ceiling)), both(mode_of(unknown)), mode_of(refused)), Limits()),
            (
                Policy(both(Mode.FULL), both(mode_of(unknown)), mode_of(refused)),
                Limits(both(mode_of(ceiling))),
            ),
        ]
        for (policy, campaign), (state, consent) in product(policies, SAID.items()):
            at_signing = signed(policy, campaign, consent)
            assert at_signing == both(mode_of(oracle.signed(rules, state)))
            at_hit = in_force(policy, campaign, consent, Signals(both(mode_of(token))))
            assert at_hit == both(mode_of(oracle.in_force(rules, token, state)))


@pytest.mark.parametrize(("at_signing", "later"), sorted(oracle.LATER))
def test_a_mail_that_is_sent_follows_what_its_reader_says_later(at_signing: str, later: str) -> None:
    token = Signals(both(mode_of(at_signing)))
    expected = both(mode_of(oracle.LATER[at_signing, later]))
    assert in_force(Policy(both(Mode.FULL)), Limits(), SAID[later], token) == expected


@pytest.mark.parametrize(("at_signing", "lowered"), [*product(oracle.ORDER, oracle.ORDER)])
def test_a_mail_that_is_sent_follows_a_lowered_ceiling(at_signing: str, lowered: str) -> None:
    token, expected = Signals(both(mode_of(at_signing))), both(mode_of(oracle.least(at_signing, lowered)))
    assert in_force(Policy(both(mode_of(lowered))), Limits(), SAID["granted"], token) == expected
    by_campaign = in_force(Policy(both(Mode.FULL)), Limits(both(mode_of(lowered))), SAID["granted"], token)
    assert by_campaign == expected
