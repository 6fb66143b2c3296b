"""Which modes are in force: every rule once, and laws over all of them."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailpixel.modes import FULL, OFF, UNASKED, Consent, Mode, Modes, Statement, both, lesser, parse_modes
from mailpixel.privacy.policy import policy_of
from mailpixel.privacy.resolve import (
    LEGACY,
    NO_LIMITS,
    NOBODY,
    Limits,
    Policy,
    Resolver,
    Signals,
    ceiling,
    in_force,
    limits_of,
    of_person,
    signed,
)
from mailpixel.settings import Settings
from mailpixel.store.privacy_choice import PrivacyChoice

AGGREGATE, DELIVERABILITY, INDIVIDUAL = (
    both(mode) for mode in (Mode.AGGREGATE, Mode.DELIVERABILITY, Mode.INDIVIDUAL)
)
GRANTED = Consent(Statement.GRANTED, Statement.GRANTED)
DENIED = Consent(Statement.DENIED, Statement.DENIED)
ERASED = GRANTED._replace(erased=True)

modes = st.builds(Modes, st.sampled_from(Mode), st.sampled_from(Mode))
statements = st.sampled_from(Statement)
consents = st.builds(Consent, statements, statements, st.booleans())
policies = st.builds(
    Policy,
    modes,
    modes,
    st.sampled_from([Mode.OFF, Mode.AGGREGATE]),
    st.booleans(),
    st.booleans(),
    legacy=st.booleans(),
)
campaigns = st.builds(Limits, st.none() | modes, st.none() | st.integers(0, 10))
signals = st.builds(Signals, st.none() | modes, st.booleans(), st.just(False), st.booleans())


def not_above(lower: Modes, upper: Modes) -> bool:
    return lower.opens <= upper.opens and lower.clicks <= upper.clicks


def test_a_new_installation_records_individuals_without_asking_and_nothing_of_who_refused() -> None:
    policy = Policy()
    assert [signed(policy, NO_LIMITS, said) for said in (UNASKED, GRANTED, DENIED, ERASED)] == [
        INDIVIDUAL,
        INDIVIDUAL,
        OFF,
        OFF,
    ]


def test_an_upgraded_installation_records_everything_of_everybody_who_did_not_opt_out() -> None:
    found = [
        in_force(LEGACY, Limits(None, sent), said, Signals(None, refuses=False, sure=sure))
        for sent, said, sure in product((None, 2), (UNASKED, DENIED), (True, False))
    ]
    assert found == [FULL, FULL, OFF, OFF] * 2
    assert (Resolver(LEGACY).refusals, Resolver(Policy()).refusals) == (0, 1 << 30)


def test_purposes_are_resolved_each_by_itself() -> None:
    policy = Policy(FULL, unknown=parse_modes("opens=aggregate,clicks=individual"))
    campaign = Limits(parse_modes("opens=full,clicks=deliverability"))
    consent = Consent(Statement.UNKNOWN, Statement.GRANTED)
    assert signed(policy, campaign, consent) == Modes(Mode.AGGREGATE, Mode.DELIVERABILITY)
    assert of_person(policy, Consent(Statement.DENIED, Statement.UNKNOWN)) == Modes(Mode.OFF, Mode.INDIVIDUAL)


def test_who_refused_is_counted_without_a_name_where_the_operator_says_so() -> None:
    policy = Policy(FULL, refused=Mode.AGGREGATE)
    assert signed(policy, NO_LIMITS, DENIED) == AGGREGATE
    assert signed(policy, Limits(OFF), DENIED) == OFF
    assert signed(policy, NO_LIMITS, ERASED) == OFF


@pytest.mark.parametrize(("sent", "expected"), [(None, AGGREGATE), (5, AGGREGATE), (4, OFF), (0, OFF)])
def test_fewer_than_five_people_are_not_counted_without_names(sent: int | None, expected: Modes) -> None:
    by_policy, by_campaign = Policy(AGGREGATE), Policy(FULL)
    silent = Policy(FULL, unknown=AGGREGATE)
    assert ceiling(by_policy, Limits(None, sent)) == expected
    assert ceiling(by_campaign, Limits(AGGREGATE, sent)) == expected
    assert signed(silent, Limits(None, sent), UNASKED) == expected
    assert in_force(Policy(FULL), Limits(None, sent), GRANTED, Signals(AGGREGATE)) == expected
    assert ceiling(Policy(DELIVERABILITY), Limits(None, sent)) == DELIVERABILITY


def test_at_the_hit_the_token_the_present_and_the_browser_decide_together() -> None:
    policy = Policy(FULL)
    assert in_force(policy, NO_LIMITS, GRANTED) == FULL
    assert in_force(policy, NO_LIMITS, GRANTED, Signals(DELIVERABILITY)) == DELIVERABILITY
    assert in_force(policy, Limits(AGGREGATE), GRANTED, Signals(DELIVERABILITY)) == AGGREGATE
    assert in_force(policy, NO_LIMITS, DENIED, Signals(DELIVERABILITY)) == OFF
    assert in_force(policy, NO_LIMITS, GRANTED, Signals(refuses=True)) == OFF
    assert (
        in_force(policy._replace(refused=Mode.AGGREGATE), NO_LIMITS, GRANTED, Signals(refuses=True))
        == AGGREGATE
    )
    assert in_force(policy, NO_LIMITS, GRANTED, Signals(sure=False)) == AGGREGATE


@pytest.mark.parametrize("mode", Mode)
def test_what_the_sender_sends_to_himself_is_individual_unless_he_refused(mode: Mode) -> None:
    policy = Policy(both(mode), unknown=AGGREGATE)
    own = Signals(OFF, refuses=True, own=True)
    found = [in_force(policy, Limits(OFF, 1), said, own) for said in (UNASKED, GRANTED, DENIED, ERASED)]
    assert found == [INDIVIDUAL, INDIVIDUAL, OFF, OFF]


@given(policies, campaigns, consents, signals)
def test_what_is_in_force_is_never_above_any_input(
    policy: Policy, campaign: Limits, consent: Consent, at_hit: Signals
) -> None:
    inputs = [policy.mode, campaign.mode or FULL, of_person(policy, consent)]
    at_signing = signed(policy, campaign, consent)
    assert all(not_above(at_signing, each) for each in inputs)
    assert not_above(at_signing, ceiling(policy, campaign))
    found = in_force(policy, campaign, consent, at_hit)
    inputs += [at_hit.token or FULL, ceiling(policy, campaign)]
    inputs += [both(policy.refused)] * at_hit.refuses + [AGGREGATE] * (not at_hit.sure and not policy.legacy)
    assert all(not_above(found, each) for each in inputs)
    assert not_above(lesser(*inputs), found) or (campaign.sent is not None and campaign.sent < 5)


@given(policies, campaigns, consents, signals)
def test_another_limit_never_raises_what_is_in_force(
    policy: Policy, campaign: Limits, consent: Consent, at_hit: Signals
) -> None:
    without = in_force(policy, campaign, consent, at_hit._replace(token=None, refuses=False, sure=True))
    for limited in (at_hit, at_hit._replace(sure=False), at_hit._replace(refuses=True)):
        assert not_above(in_force(policy, campaign, consent, limited), without)
    for lower in (
        campaign._replace(mode=OFF),
        campaign._replace(mode=lesser(campaign.mode or FULL, AGGREGATE)),
    ):
        assert not_above(in_force(policy, lower, consent), in_force(policy, campaign, consent))
    assert in_force(policy, campaign, consent._replace(erased=True), at_hit) == OFF


@given(policies, campaigns, statements, signals)
def test_a_refusal_never_raises_what_is_in_force(
    policy: Policy, campaign: Limits, other: Statement, at_hit: Signals
) -> None:
    refused = in_force(policy, campaign, Consent(Statement.DENIED, other), at_hit)
    granted = in_force(policy, campaign, Consent(Statement.GRANTED, other), at_hit)
    assert refused.opens <= granted.opens
    assert refused.clicks == granted.clicks


@given(policies, campaigns, consents, signals)
def test_what_is_remembered_is_what_would_be_resolved(
    policy: Policy, campaign: Limits, consent: Consent, at_hit: Signals
) -> None:
    resolver, short = Resolver(policy), limits_of(campaign)
    assert resolver.in_force(short, consent, at_hit) == in_force(policy, campaign, consent, at_hit)
    assert resolver.signed(short, consent) == signed(policy, campaign, consent)
    assert resolver.ceiling(short) == ceiling(policy, campaign) == in_force(policy, campaign, NOBODY)


@pytest.mark.parametrize(
    ("settings", "stored", "expected"),
    [
        (Settings(), PrivacyChoice(), Policy()),
        (Settings(mode="full"), PrivacyChoice(), Policy(FULL)),
        (Settings(), PrivacyChoice(mode="aggregate", unknown="off"), Policy(AGGREGATE, OFF)),
        (
            Settings(mode="full", unknown_consent="individual"),
            PrivacyChoice(mode="off", unknown="off"),
            Policy(FULL),
        ),
        (
            Settings(refused_consent="aggregate", gpc="ignore", dnt="refuse", seeds=("me",)),
            PrivacyChoice(),
            Policy(refused=Mode.AGGREGATE, gpc=False, dnt=True, seeds=frozenset({"me"})),
        ),
        (Settings(), PrivacyChoice(legacy=True), LEGACY),
        (Settings(refused_consent="aggregate"), PrivacyChoice(legacy=True), LEGACY),
        (Settings(unknown_consent="off"), PrivacyChoice(legacy=True), LEGACY._replace(unknown=OFF)),
        (Settings(dnt="refuse"), PrivacyChoice(legacy=True), LEGACY._replace(dnt=True)),
        (Settings(mode="individual"), PrivacyChoice(legacy=True), Policy()),
        (Settings(), PrivacyChoice(legacy=True, mode="full"), Policy(FULL)),
    ],
)
def test_the_policy_is_what_is_set_else_what_was_set_last(
    settings: Settings, stored: PrivacyChoice, expected: Policy
) -> None:
    assert policy_of(settings, stored) == expected
