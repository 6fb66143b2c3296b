"""How many opened behind privacy prefetches, on the vectors that fix the methods."""

import pytest

from mailpixel.report.estimate import (
    Audience,
    Estimate,
    OpenRateRange,
    click_ratio,
    extrapolation,
    hidden_openers,
    open_rate_range,
    wilson,
)

NOBODY = {
    "tracked": 0,
    "privacy": 0,
    "privacy_only": 0,
    "openers": 0,
    "trackable_openers": 0,
    "trackable_clickers": 0,
    "privacy_clickers": 0,
    "hidden_clickers": 0,
    "inferred": 0,
}
THOUSAND = {
    "tracked": 1000,
    "privacy": 600,
    "privacy_only": 600,
    "openers": 120,
    "trackable_openers": 120,
    "trackable_clickers": 24,
    "privacy_clickers": 30,
    "hidden_clickers": 30,
    "inferred": 30,
}


def audience(**numbers: int) -> Audience:
    return Audience(**(NOBODY | numbers))


def a_thousand(**numbers: int) -> Audience:
    return Audience(**(THOUSAND | numbers))


def whole(estimate: Estimate) -> tuple[int, int, int]:
    assert estimate.value is not None
    assert estimate.low is not None
    assert estimate.high is not None
    return round(estimate.value), round(estimate.low), round(estimate.high)


def test_extrapolation_gives_everyone_the_rate_of_those_who_can_be_watched() -> None:
    assert whole(extrapolation(a_thousand())) == (300, 274, 328)


def test_hidden_openers_follow_from_their_clicks_with_the_interval_of_the_vector() -> None:
    assert whole(hidden_openers(a_thousand())) == (150, 90, 249)


def test_click_ratio_adds_the_hidden_openers_to_the_shown_ones() -> None:
    assert whole(click_ratio(a_thousand())) == (270, 210, 369)


def test_the_floor_is_human_openers_and_people_who_clicked_without_a_human_open() -> None:
    assert a_thousand().floor == 150


def test_the_ceiling_counts_a_privacy_message_with_a_click_once() -> None:
    assert a_thousand().ceiling == 150 + 600 - 30


def test_clicks_without_images_belong_to_the_shown_openers() -> None:
    assert whole(click_ratio(a_thousand(inferred=40)))[0] == 280


def test_488_opens_of_892_trackable_messages_are_54_7_percent_of_all() -> None:
    shown = audience(tracked=1503, privacy=1503 - 892, privacy_only=611, openers=488, trackable_openers=488)
    estimate = open_rate_range(shown).estimates[0]
    assert estimate.value == pytest.approx(0.547, abs=0.0005)


def test_the_range_is_a_rate_of_the_tracked_messages() -> None:
    assert open_rate_range(a_thousand()).to_json() == {
        "low": 0.15,
        "high": 0.72,
        "estimates": [
            {"method": "extrapolation", "value": 0.3, "low": 0.274301, "high": 0.327982},
            {"method": "click_ratio", "value": 0.27, "low": 0.21043, "high": 0.368812},
        ],
    }


@pytest.mark.parametrize("unknown", [None, audience(), audience(tracked=3, openers=4)])
def test_where_the_denominator_is_unknown_nought_or_too_small_nothing_is_claimed(
    unknown: Audience | None,
) -> None:
    nothing = {"value": None, "low": None, "high": None}
    assert open_rate_range(unknown).to_json() == {
        "low": None,
        "high": None,
        "estimates": [{"method": "extrapolation"} | nothing, {"method": "click_ratio"} | nothing],
    }


def test_without_any_click_of_a_watched_opener_the_click_ratio_is_unknown() -> None:
    assert click_ratio(a_thousand(trackable_clickers=0)) == Estimate("click_ratio", None, None, None)


def test_when_every_message_is_prefetched_extrapolation_is_unknown() -> None:
    assert extrapolation(audience(tracked=10, privacy=10, privacy_only=10)) == Estimate(
        "extrapolation", None, None, None
    )


def test_without_clicks_behind_the_prefetch_none_are_hidden_but_some_may_be() -> None:
    estimate = hidden_openers(a_thousand(privacy_clickers=0, hidden_clickers=0, inferred=0))
    assert (estimate.value, estimate.low) == (0, 0)
    assert estimate.high == pytest.approx(40.9, abs=0.1)


def test_without_privacy_prefetches_floor_estimates_and_ceiling_are_one_number() -> None:
    plain = audience(tracked=200, openers=50, trackable_openers=50, trackable_clickers=10)
    answer = open_rate_range(plain)
    assert (answer.low, answer.high) == (0.25, 0.25)
    assert [(each.value, each.low, each.high) for each in answer.estimates] == [(0.25, 0.25, 0.25)] * 2


def test_estimates_stay_between_floor_and_ceiling() -> None:
    many_clicks = a_thousand(trackable_clickers=1)
    answer = open_rate_range(many_clicks)
    assert answer.high == 0.72
    assert [estimate.value for estimate in answer.estimates] == [0.3, 0.72]


@pytest.mark.parametrize(
    ("intervals", "agree"),
    [
        ([(0.2, 0.3), (0.25, 0.4)], True),
        ([(0.2, 0.3), (0.35, 0.4)], False),
        ([(0.2, 0.3)], None),
        ([(0.300, 0.301), (0.304, 0.305)], True),
        ([(0.30, 0.301), (0.32, 0.321)], True),
        ([(0.30, 0.301), (0.321, 0.322)], False),
    ],
)
def test_estimates_agree_within_two_points_or_when_their_intervals_overlap(
    intervals: list[tuple[float, float]], agree: bool | None
) -> None:
    estimates = [Estimate("click_ratio", low, low, high) for low, high in intervals]
    assert OpenRateRange(0.1, 0.9, estimates).agree is agree


def test_estimates_of_a_huge_campaign_that_differ_by_less_than_half_a_point_agree() -> None:
    huge = audience(
        tracked=2_000_000,
        privacy=1_000_000,
        privacy_only=1_000_000,
        openers=300_000,
        trackable_openers=300_000,
        trackable_clickers=60_000,
        privacy_clickers=61_600,
        hidden_clickers=61_600,
        inferred=61_600,
    )
    answer = open_rate_range(huge)
    values = [estimate.value for estimate in answer.estimates if estimate.value is not None]
    assert answer.estimates[0].high is not None
    assert answer.estimates[1].low is not None
    assert answer.estimates[0].high < answer.estimates[1].low
    assert max(values) - min(values) < 0.005
    assert answer.agree is True


def test_wilson_keeps_between_nought_and_one() -> None:
    shares = [tuple(round(share, 4) for share in wilson(hits, 10)) for hits in (0, 10)]
    assert shares == [(0, 0.2775), (0.7225, 1)]
