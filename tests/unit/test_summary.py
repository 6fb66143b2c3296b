"""The summary as a whole, and its rates where something is not known."""

from dataclasses import replace

from mailpixel.modes import OFF, Mode, Modes, Treatment, Untracked, both
from mailpixel.report.counts import SOME_VIEWS, VIEWS
from mailpixel.report.links import link_rows
from mailpixel.report.signed_people import signed_people
from mailpixel.report.summary import Rate, summarise
from mailpixel.report.wording import SPACE, heading
from mailpixel.store.projections import Figures
from mailpixel.store.signings import Signed
from mailpixel.store.standing import Standing
from mailpixel.traffic.programs import Program
from tests.support.builders import SENT_AT_MS, a_campaign, a_link

TOTALS = {
    "opens.events": 300,
    "opens.deduplicated": 260,
    "opens.unique": 180,
    "opens.human": 140,
    "opens.unique_human": 120,
    "opens.proxied": 30,
    "opens.privacy_prefetch": 100,
    "opens.machine": 20,
    "opens.inferred_from_clicks": 30,
    "opens.unique_privacy_prefetch": 600,
    "opens.unique_privacy_only": 600,
    "opens.unique_human_trackable": 120,
    "clicks.events": 90,
    "clicks.deduplicated": 80,
    "clicks.unique": 60,
    "clicks.human": 70,
    "clicks.unique_human": 54,
    "clicks.machine": 10,
    "clicks.on_trackable_opens": 24,
    "clicks.on_privacy": 30,
    "clicks.on_privacy_only": 30,
    "delivered": 1010,
    "opted_out": 10,
    "standing.nothing": 190,
    "standing.machines": 20,
    "standing.hidden": 600,
    "standing.read": 136,
    "standing.clicked": 54,
    "standing.opted_out": 10,
    "opens.client.unknown": 30,
    "opens.client.gmail": 50,
    "opens.client.browser": 70,
    "opens.device.unknown": 60,
    "opens.device.desktop": 90,
    "seen": 1010,
    "probes": 3,
    "internal": 2,
}
LINKS = {
    1: {"clicks.events": 50, "clicks.human": 45, "clicks.unique_human": 40, "clicks.machine": 5},
    -1: {"clicks.events": 4, "clicks.human": 4, "clicks.unique_human": 3},
    9: {"clicks.events": 2, "clicks.machine": 2},
}


def figures(
    totals: dict[str, int], links: dict[int, dict[str, int]] | None = None, as_of_ms: int = 0
) -> Figures:
    return Figures(totals, links or {}, overflow=5, provisional=4, as_of_ms=as_of_ms)


def rate(name: str, totals: dict[str, int], sent: int | None = 1000) -> Rate:
    return summarise(a_campaign(sent=sent), figures(totals), "rules-1").rates[name]


NOTHING_UNNAMED = {"human": 0, "privacy_prefetch": 0, "machine": 0}


def test_a_summary_has_every_number_of_the_contract() -> None:
    summary = summarise(a_campaign(links=2, sent=1020), figures(TOTALS, LINKS, SENT_AT_MS + 1500), "rules-1")
    of_delivered = (
        "of the messages reported as delivered, less those of recipients who opted out of tracking."
    )
    assert summary.to_json() == {
        "campaign": {
            "id": "spring",
            "name": "Spring",
            "sent_at": "2026-09-21T14:13:20Z",
            "demonstration": False,
        },
        "recipients": {
            "sent": 1020,
            "delivered": 1010,
            "bounced": 0,
            "complained": 0,
            "tracked": 1000,
            "untracked": 10,
            "tracked_opens": None,
            "tracked_clicks": None,
            "untracked_by": None,
            "withdrawn_later": None,
            "standing": {
                "nothing": 190,
                "machines": 20,
                "hidden": 600,
                "read": 136,
                "clicked": 54,
                "opted_out": 10,
                "bounced": 0,
            },
        },
        "opens": {
            "events": 300,
            "deduplicated": 260,
            "unique": 180,
            "human": 140,
            "unique_human": 120,
            "proxied": 30,
            "privacy_prefetch": 100,
            "machine": 20,
            "inferred_from_clicks": 30,
            "aggregate": NOTHING_UNNAMED,
        },
        "clicks": {
            "events": 90,
            "deduplicated": 80,
            "unique": 60,
            "human": 70,
            "unique_human": 54,
            "machine": 10,
            "aggregate": NOTHING_UNNAMED,
        },
        "rates": {
            "open_rate": {
                "value": 0.12,
                "numerator": 120,
                "denominator": 1000,
                "definition": f"Messages with at least one human open, {of_delivered}",
            },
            "click_rate": {
                "value": 0.054,
                "numerator": 54,
                "denominator": 1000,
                "definition": f"Messages with at least one human click, {of_delivered}",
            },
            "click_to_open_rate": {
                "value": 0.36,
                "numerator": 54,
                "denominator": 150,
                "definition": "Messages with at least one human click, "
                "of the messages with a human open or a human click.",
            },
        },
        "open_rate_range": {
            "low": 0.15,
            "high": 0.72,
            "estimates": [
                {"method": "extrapolation", "value": 0.3, "low": 0.274301, "high": 0.327982},
                {"method": "click_ratio", "value": 0.27, "low": 0.21043, "high": 0.368812},
            ],
        },
        "links": [
            {
                "number": 1,
                "url": "https://shop.example/p/1",
                "events": 50,
                "human": 45,
                "unique_human": 40,
                "machine": 5,
            },
            {
                "number": 2,
                "url": "https://shop.example/p/2",
                "events": 0,
                "human": 0,
                "unique_human": 0,
                "machine": 0,
            },
            {"number": 9, "url": None, "events": 2, "human": 0, "unique_human": 0, "machine": 2},
            {"number": None, "url": None, "events": 4, "human": 4, "unique_human": 3, "machine": 0},
        ],
        "programs": {
            "messages": 150,
            "unknown": 30,
            "unknown_share": 0.2,
            "known": dict.fromkeys(set(Program) - {"unknown"}, 0) | {"browser": 70, "gmail": 50},
        },
        "devices": {
            "messages": 150,
            "unknown": 60,
            "unknown_share": 0.4,
            "known": {"desktop": 90, "phone": 0, "tablet": 0},
        },
        "probes": 3,
        "internal": 2,
        "provisional": 4,
        "overflow": 5,
        "as_of": "2026-09-21T14:13:21.500Z",
        "people_gone_before": None,
        "rules_version": "rules-1",
        "notes": [],
    }


def test_figures_of_an_earlier_edition_of_the_rules_name_both() -> None:
    mixed = replace(figures({}), edition="rules-0")
    assert summarise(a_campaign(), mixed, "rules-1").to_json()["rules_version"] == ["rules-0", "rules-1"]
    same = replace(figures({}), edition="rules-1")
    assert summarise(a_campaign(), same, "rules-1").to_json()["rules_version"] == "rules-1"


def test_a_campaign_without_events_has_noughts_and_no_rates() -> None:
    summary = summarise(a_campaign(links=0, sent_at=None), figures({}), "rules-1").to_json()
    assert summary["recipients"] == {
        "sent": None,
        "delivered": None,
        "bounced": 0,
        "complained": 0,
        "tracked": None,
        "untracked": 0,
        "tracked_opens": None,
        "tracked_clicks": None,
        "untracked_by": None,
        "withdrawn_later": None,
        "standing": dict.fromkeys(Standing, 0),
    }
    assert summary["as_of"] is None
    assert summary["opens"].pop("aggregate") == NOTHING_UNNAMED
    assert set(summary["opens"].values()) == {0}


def test_programs_come_with_the_most_frequent_first_and_without_a_share_where_nobody_read() -> None:
    programs = summarise(a_campaign(), figures(TOTALS), "rules-1").programs
    assert list(programs.known.items())[:3] == [("browser", 70), ("gmail", 50), ("yahoo", 0)]
    assert summarise(a_campaign(), figures({}), "rules-1").programs.unknown_share is None


def test_an_unknown_denominator_gives_no_rate_and_says_what_to_do() -> None:
    assert rate("open_rate", {"opens.unique_human": 4}, sent=None) == Rate(
        None,
        4,
        None,
        "Messages with at least one human open, of the messages sent (no deliveries were reported), less those of "
        "recipients who opted out of tracking. Unknown: set the number of messages sent, or report deliveries.",
    )


def test_without_deliveries_rates_are_of_what_was_sent() -> None:
    found = rate("open_rate", {"opens.unique_human": 4}, sent=8)
    assert (found.value, found.denominator) == (0.5, 8)


def test_a_rate_never_passes_one_and_the_reason_is_in_its_definition() -> None:
    found = rate("open_rate", {"opens.unique_human": 9, "seen": 9}, sent=8)
    assert (found.value, found.numerator, found.denominator) == (None, 9, 8)
    assert found.definition.endswith(
        "More messages were seen, so the number sent or delivered is too low and the rate is too high."
    )


def test_click_to_open_is_null_where_nobody_opened() -> None:
    found = rate("click_to_open_rate", {})
    assert (found.value, found.numerator, found.denominator) == (None, 0, 0)


def test_people_who_clicked_without_an_open_keep_click_to_open_at_one() -> None:
    assert rate("click_to_open_rate", {"clicks.unique_human": 3, "opens.inferred_from_clicks": 3}).value == 1


def test_a_trap_is_known_by_its_row() -> None:
    rows = link_rows(a_campaign(links=(0)), figures({}))
    assert rows == ()
    trapped = a_campaign(links=0)
    trapped = type(trapped)(trapped.id, trapped.name, links=(a_link(1, trap=True),))
    assert [row.trap for row in link_rows(trapped, figures({}))] == [True]


def test_what_bounced_is_in_no_denominator() -> None:
    totals = {"bounced": 20, "standing.bounced": 18, "opted_out": 10, "complained": 3, "seen": 1000}
    by_sent = summarise(a_campaign(sent=1000), figures(totals), "rules-1")
    assert (by_sent.recipients.tracked, by_sent.recipients.bounced, by_sent.recipients.complained) == (
        972,
        20,
        3,
    )
    assert by_sent.rates["open_rate"].definition.endswith(
        "less those that bounced and those of recipients who opted out of tracking."
    )
    by_delivered = summarise(a_campaign(sent=1000), figures({**totals, "delivered": 980}), "rules-1")
    assert by_delivered.recipients.tracked == 972


UNNAMED_OPENS = {
    "opens.events": 40,
    "opens.deduplicated": 35,
    "opens.human": 20,
    "opens.proxied": 5,
    "opens.privacy_prefetch": 10,
    "opens.machine": 5,
    "opens.aggregate_events": 40,
    "opens.aggregate_human": 20,
    "opens.aggregate_privacy_prefetch": 10,
    "opens.aggregate_machine": 5,
}
NAMED_CLICKS = {"clicks.events": 3, "clicks.human": 3, "clicks.unique_human": 2, "clicks.unique": 2}


def test_where_opens_are_counted_without_recipients_numbers_of_people_are_null_and_a_note_says_why() -> None:
    campaign = a_campaign(sent=100)
    summary = summarise(campaign, figures(UNNAMED_OPENS | NAMED_CLICKS), "rules-1").to_json()
    assert summary["opens"] == {
        "events": 40,
        "deduplicated": 35,
        "unique": None,
        "human": 20,
        "unique_human": None,
        "proxied": 5,
        "privacy_prefetch": 10,
        "machine": 5,
        "inferred_from_clicks": None,
        "aggregate": {"human": 20, "privacy_prefetch": 10, "machine": 5},
    }
    assert summary["clicks"]["unique_human"] == 2
    assert {name: rate["value"] for name, rate in summary["rates"].items()} == {
        "open_rate": None,
        "click_rate": 0.02,
        "click_to_open_rate": None,
    }
    assert summary["open_rate_range"]["low"] is None
    assert [note["field"] for note in summary["notes"]] == [
        "opens.unique",
        "opens.unique_human",
        "opens.inferred_from_clicks",
        "rates.open_rate",
        "rates.click_to_open_rate",
        "open_rate_range",
    ]
    assert {note["reason"] for note in summary["notes"]} == {VIEWS}


def test_where_only_some_recipients_are_not_kept_the_others_are_still_numbers_of_people() -> None:
    totals = UNNAMED_OPENS | {"opens.events": 50, "opens.human": 26, "opens.unique_human": 4}
    summary = summarise(a_campaign(sent=100), figures(totals | NAMED_CLICKS), "rules-1").to_json()
    assert (summary["opens"]["human"], summary["opens"]["unique_human"]) == (26, 4)
    assert summary["rates"]["open_rate"]["value"] is None
    assert summary["rates"]["click_rate"]["value"] == 0.02
    assert {note["field"]: note["reason"] for note in summary["notes"]} == dict.fromkeys(
        ("rates.open_rate", "rates.click_to_open_rate", "open_rate_range"), SOME_VIEWS
    )


def test_a_campaign_that_keeps_no_recipients_says_so_before_its_first_hit() -> None:
    reports = {"unnamed.delivery": 90, "unnamed.bounce": 7, "unnamed.complaint": 1}
    ceiling = both(Mode.AGGREGATE)
    summary = summarise(a_campaign(sent=100), figures(reports), "rules-1", ceiling=ceiling).to_json()
    known = summary["recipients"]
    assert [known[name] for name in ("delivered", "bounced", "complained", "tracked")] == [90, 7, 1, 0]
    assert summary["opens"]["unique"] is None
    assert {link["unique_human"] for link in summary["links"]} == {None}
    assert "links.unique_human" in {note["field"] for note in summary["notes"]}


def test_reports_without_recipients_join_the_others_and_are_not_tracked() -> None:
    totals = {"delivered": 50, "unnamed.delivery": 30, "bounced": 2, "unnamed.bounce": 1}
    known = summarise(a_campaign(sent=100), figures(totals), "rules-1").recipients
    assert (known.delivered, known.bounced, known.tracked) == (80, 3, 52)


def test_the_rates_leave_out_who_is_not_recorded_by_name_each_by_its_purpose() -> None:
    named = Treatment(both(Mode.INDIVIDUAL))
    refused = Treatment(OFF, Untracked.REFUSED, Untracked.REFUSED)
    links_alone = Treatment(Modes(Mode.AGGREGATE, Mode.INDIVIDUAL), Untracked.UNKNOWN, None)
    counted = [Signed("a", named, 900), Signed("a", refused, 60), Signed("b", links_alone, 40)]
    summary = summarise(a_campaign(sent=1000), figures({}), "rules-1", signed_people(counted))
    people, rates = summary.recipients, summary.rates
    assert (people.tracked, people.tracked_opens, people.tracked_clicks) == (900, 900, 940)
    assert people.untracked_by == {"mode": 0, "refused": 60, "unknown": 40, "erased": 0}
    assert (people.untracked, people.withdrawn_later, people.opted_out) == (100, 0, 0)
    assert (rates["open_rate"].denominator, rates["click_rate"].denominator) == (900, 940)
    assert rates["open_rate"].definition.endswith(
        "Recipients whose opens are not recorded by name are left out."
    )
    delivered = summarise(
        a_campaign(sent=1000), figures({"delivered": 940}), "rules-1", signed_people(counted)
    )
    assert (delivered.recipients.tracked_opens, delivered.recipients.tracked_clicks) == (900, 940)
    assert signed_people([]) is None


def test_the_heading_says_of_how_many_it_is_where_others_are_not_recorded_by_name() -> None:
    named, refused = Treatment(both(Mode.INDIVIDUAL)), Treatment(OFF, Untracked.REFUSED, Untracked.REFUSED)
    totals = {"opens.events": 30, "opens.unique": 30, "opens.unique_human": 30}
    signed = [Signed("a", named, 40), Signed("a", refused, 20)]
    of_some = summarise(a_campaign(sent=60), figures(totals), "rules-1", signed_people(signed))
    of_all = summarise(a_campaign(sent=40), figures(totals), "rules-1", signed_people(signed[:1]))
    assert heading(of_some).replace(SPACE, " ") == "Of 40 recorded by name, 75 % are known to have read it"
    assert heading(of_all).replace(SPACE, " ") == "75 % are known to have read it"


def test_who_opts_out_after_sending_stays_in_the_denominator_as_their_hits_stay_counted() -> None:
    signed = signed_people([Signed("a", Treatment(both(Mode.INDIVIDUAL)), 100)])
    totals = {"opens.unique_human": 40, "opted_out": 10, "standing.opted_out": 10}
    summary = summarise(a_campaign(sent=100), figures(totals), "rules-1", signed)
    people, rate = summary.recipients, summary.rates["open_rate"]
    assert (people.tracked, people.untracked, people.withdrawn_later, people.opted_out) == (100, 0, 10, 10)
    assert (rate.value, rate.denominator) == (0.4, 100)
    assert rate.definition == (
        "Messages with at least one human open, of the messages sent (no deliveries were reported)."
        " Those who opted out after sending are included."
    )
    bounced = figures({"opted_out": 10, "standing.opted_out": 10, "bounced": 3})
    assert summarise(a_campaign(sent=100), bounced, "rules-1", signed).recipients.tracked == 97
