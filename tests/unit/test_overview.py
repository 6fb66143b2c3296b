"""What the overview, the list and the page of one recipient show, made of reports."""

from datetime import datetime

from mailpixel.classify import Rules, explain
from mailpixel.modes import OFF, Mode, Treatment, Untracked, both
from mailpixel.pages.addresses import campaign_url, recipient_url
from mailpixel.pages.campaign_list import by_hour, campaign_lines
from mailpixel.pages.comparison import comparison
from mailpixel.pages.figures_table import figures_view
from mailpixel.pages.overview import Overview, _recorded, overview
from mailpixel.pages.recipients import days
from mailpixel.report.course import Course
from mailpixel.report.export import with_verdicts
from mailpixel.report.signed_people import signed_people
from mailpixel.report.summary import Summary, summarise
from mailpixel.store.projections import Figures
from mailpixel.store.signings import Signed
from mailpixel.times import HOUR_MS
from tests.support.builders import (
    BROWSER,
    GMAIL,
    SENT_AT,
    SENT_AT_MS,
    a_campaign,
    a_click,
    a_delivery,
    a_message,
    an_open,
)

HUGE = {
    "delivered": 3_914_220,
    "seen": 3_914_220,
    "opens.events": 5_000_000,
    "opens.deduplicated": 4_800_000,
    "opens.human": 2_500_000,
    "opens.proxied": 1_400_000,
    "opens.privacy_prefetch": 2_200_000,
    "opens.machine": 100_000,
    "opens.unique_human": 1_800_000,
    "opens.unique_human_trackable": 1_800_000,
    "opens.unique_privacy_prefetch": 1_150_000,
    "opens.unique_privacy_only": 1_150_000,
    "clicks.human": 90_000,
    "clicks.machine": 1_200_000,
    "clicks.unique_human": 86_000,
    "clicks.on_trackable_opens": 86_000,
}


def summary(
    totals: dict[str, int], overflow: int = 0, edition: str = "rules-1", sent: int | None = None
) -> Summary:
    figures = Figures(totals, {}, overflow, 3, SENT_AT_MS, edition)
    return summarise(a_campaign(sent=sent), figures, "rules-1")


def shown(found: Summary) -> Overview:
    return overview(found, 15.0, {})


def test_millions_are_grouped_and_every_card_has_its_definition() -> None:
    cards = shown(summary(HUGE)).cards
    assert [(card.name, card.value.replace("\u202f", " ")) for card in cards] == [
        ("Delivered", "3 914 220"),
        ("Known readers", "46.0 %"),
        ("Click rate", "2.2 %"),
        ("Click to open", "4.8 %"),
        ("Machines", "1 300 000"),
        ("Still settling", "3"),
    ]
    assert all(card.definition for card in cards)


def test_parts_about_recipients_are_left_out_where_nothing_is_known_of_them() -> None:
    views = {"aggregate.opens.human": 4}
    figures = Figures(views, {}, 0, 0, SENT_AT_MS, "rules-1")
    counted = summarise(a_campaign(sent=50), figures, "rules-1", ceiling=both(Mode.AGGREGATE))
    assert (shown(counted).is_nameless, shown(summary(HUGE)).is_nameless) == (True, False)


def test_the_parts_add_up_to_all_hits_without_repeats() -> None:
    view = shown(summary(HUGE))
    assert (view.opens.total, view.clicks.total) == (4_800_000, 1_290_000)


def test_what_is_missing_is_said_with_its_reason() -> None:
    def notes(found: Summary) -> list[str]:
        return [note.split(":")[0].split(" ")[0] for note in shown(found).notes]

    assert notes(summary({})) == ["There"]
    assert notes(summary({"opens.unique_human": 9}, sent=3)) == ["More"]
    assert notes(summary(HUGE, overflow=5)) == ["5"]
    assert notes(summary(HUGE, edition="rules-0")) == ["Some"]
    assert notes(summary(HUGE)) == []


def test_a_campaign_without_hits_is_empty_and_one_with_a_click_is_not() -> None:
    assert [shown(summary(totals)).is_empty for totals in ({}, {"clicks.events": 1})] == [True, False]


def test_the_list_has_one_scale_and_dashes_for_what_is_not_known() -> None:
    one, other = a_campaign("one"), a_campaign("other")
    totals = {"one": HUGE, "other": {"opens.events": 1}}
    summaries = {id: summary(each) for id, each in totals.items()}
    lines = campaign_lines([one, other], summaries, {"one": [1, 2]})
    assert [(line.read_by.replace("\xa0", " "), line.clicked, bool(line.spark)) for line in lines] == [
        ("46 % to 75 %", "2.2\u202f%", True),
        ("—", "—", False),
    ]


def test_before_the_first_hit_no_page_says_0_per_cent() -> None:
    silent = summary({"delivered": 90}, sent=100)
    (line,) = campaign_lines([a_campaign()], {"spring": silent}, {})
    view = shown(silent)
    assert (line.read_by, line.clicked, line.range_chart) == ("no hits yet", "—", "")
    assert (view.heading, view.range_chart) == ("No open and no click yet", "")
    assert [card.value for card in view.cards[1:4]] == ["—", "—", "—"]
    sides = comparison([silent, silent], [Course((), ())] * 2).sides
    assert [sides[0].figures[name] for name in ("Known readers", "Click rate", "Click to open")] == ["—"] * 3
    tables = figures_view(silent)
    assert {row.values[0] for row in (*tables.rates, *tables.open_rates)} == {"—"}


def test_why_a_campaign_has_no_time_of_sending_is_said() -> None:
    def sending(totals: dict[str, int], sent: int | None, at: datetime | None = None) -> tuple[str, str]:
        campaign = a_campaign(sent=sent, sent_at=at)
        found = summarise(campaign, Figures(totals, {}, 0, 3, SENT_AT_MS, "rules-1"), "rules-1")
        (line,) = campaign_lines([campaign], {campaign.id: found}, {})
        return line.sent, shown(found).sending

    assert sending({}, None) == ("not sent yet", "not sent yet")
    assert sending({}, 100) == ("time of sending not set", "time of sending not set")
    assert sending({"standing.nothing": 1}, None)[0] == "time of sending not set"
    assert sending({"clicks.events": 1}, None)[0] == "time of sending not set"
    assert sending({}, None, SENT_AT) == ("21 Sep 2026", "")


def test_human_opens_are_added_up_by_hour_from_the_sending_on() -> None:
    quarter = HOUR_MS // 4
    counters = {place * quarter: {"opens.human": 1} for place in (-1, 0, 3, 4, 400)}
    assert by_hour(counters, 0)[:3] == [3, 1, 0]


def test_addresses_escape_every_id_and_keep_those_that_browsers_take_for_folders() -> None:
    assert recipient_url("c", "a/../b+=") == "/campaigns/c/recipients/a%2F..%2Fb%2B%3D"
    assert [recipient_url("c", id) for id in (".", "..")] == [
        "/campaigns/c/recipients?q=.",
        "/campaigns/c/recipients?q=..",
    ]
    assert (
        campaign_url("c", "recipients", standing="read", link=None) == "/campaigns/c/recipients?standing=read"
    )


def test_one_recipient_shows_reports_hits_repeats_and_who_fetched() -> None:
    campaign = a_campaign()
    message = a_message(
        a_delivery(0), an_open(600, agent=GMAIL), an_open(605, agent=GMAIL), a_click(90_000, agent=BROWSER)
    )
    events = with_verdicts(message, explain(message, campaign, Rules()))
    found = [
        (day.name, each.clock, each.what, each.kind, tuple(each.tags), each.why)
        for day in days(events)
        for each in day.happenings
    ]
    assert found[:3] == [
        ("Monday 21 Sep 2026", "14:13:20", "delivered", "report", (), ""),
        (
            "Monday 21 Sep 2026",
            "14:23:20",
            "open",
            "proxied",
            ("human via Gmail", "mail_proxy"),
            "Why was this counted?",
        ),
        (
            "Monday 21 Sep 2026",
            "14:23:25",
            "open",
            "proxied",
            ("human via Gmail", "mail_proxy", "repeat"),
            "Why was this not counted?",
        ),
    ]
    assert [each[:3] for each in found[3:]] == [("Tuesday 22 Sep 2026", "15:13:20", "click of link 1")]


def test_who_is_not_recorded_by_name_is_drawn_by_reason() -> None:
    refused = Treatment(OFF, Untracked.REFUSED, Untracked.REFUSED)
    signed = signed_people([Signed("a", Treatment(both(Mode.INDIVIDUAL)), 90), Signed("a", refused, 10)])
    none = Figures({}, {}, 0, 0, SENT_AT_MS, "rules-1")
    summary = summarise(a_campaign(sent=100), none, "rules-1", signed)
    [view] = _recorded(summary)
    assert [(part.name, part.number) for part in view.parts] == [
        ("recorded by name", 90),
        ("they refused", 10),
    ]
    assert "<title>they refused: 10</title>" in str(view.bar)
    assert _recorded(summarise(a_campaign(sent=100), none, "rules-1")) == []
