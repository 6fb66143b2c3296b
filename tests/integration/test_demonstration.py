"""The demonstration: its hits are judged as what they are, it is the same each time, and it goes without a trace."""

import json
from collections import Counter
from pathlib import Path
from random import Random

import pytest
from click.testing import CliRunner

from mailpixel.classify import Rules, judge
from mailpixel.cli import cli
from mailpixel.demonstration.campaigns import DEMONSTRATIONS, RAIN, SPRING
from mailpixel.demonstration.machines import Subject
from mailpixel.demonstration.mailboxes import MAILBOXES
from mailpixel.demonstration.making import Folder, make_demonstration, remove_demonstration
from mailpixel.demonstration.people import reading
from mailpixel.demonstration.shop import ID as SHOP
from mailpixel.errors import Conflict
from mailpixel.kinds import HIT_KINDS
from mailpixel.links.keyring import Keyring
from mailpixel.model import Campaign, Verdict
from mailpixel.report.counts import named_counts
from mailpixel.report.summary import Summary, summarise
from mailpixel.settings import Settings
from mailpixel.store.memory import MemoryRegistry, MemoryStore
from mailpixel.store.standing import Standing
from mailpixel.times import DAY_MS
from tests.support.builders import KEYRING, SENT_AT_MS, a_campaign

NOW_MS = SENT_AT_MS
RULES = Rules()


def a_folder(keyring: Keyring = KEYRING) -> Folder:
    return Folder(MemoryStore(), MemoryRegistry(), keyring, Settings(), RULES)


@pytest.fixture(scope="module")
def made() -> Folder:
    folder = a_folder()
    make_demonstration(folder, lambda: NOW_MS)
    return folder


def summary(folder: Folder, id: str) -> Summary:
    figures = folder.store.figures(id, NOW_MS, 0)
    return summarise(folder.registry.campaign(id), figures, RULES.version)


def test_it_shows_every_kind_of_recipient_and_hit(made: Folder) -> None:
    shown = summary(made, SPRING.id)
    standing = shown.recipients.standing
    assert [name for name in Standing if not standing[name]] == []
    assert [name for name, number in named_counts(shown.opens) if not number] == []
    assert [name for name, number in named_counts(shown.clicks) if not number] == []
    assert shown.probes > 0
    assert sum(number > 0 for number in shown.programs.known.values()) >= 8
    assert all(link.unique_human for link in shown.links[:-1])
    assert shown.links[-1].human == 0, "the trap"
    assert (shown.open_rate_range.low or 0) < (shown.open_rate_range.high or 0)
    assert (shown.recipients.sent, shown.campaign.demonstration) == (4_200, True)


def test_no_hit_is_younger_than_the_moment_of_making_or_older_than_the_sending(made: Folder) -> None:
    for each in DEMONSTRATIONS:
        sent_ms = made.registry.campaign(each.id).sent_at_ms or 0
        moments = [
            event.received_at_ms for message in made.store.messages(each.id) for event in message.events
        ]
        assert sent_ms < min(moments)
        assert max(moments) <= NOW_MS
    sent_ms = made.registry.campaign(SPRING.id).sent_at_ms or 0
    assert DAY_MS <= NOW_MS - sent_ms < 2 * DAY_MS


def test_a_link_was_corrected(made: Folder) -> None:
    (former,) = made.registry.link_revisions(SPRING.id)
    assert (former.number, former.url) == (4, SPRING.mistakes[4])
    assert [link.url for link in made.registry.campaign(SPRING.id).links[:-1]] == [
        url for url, _ in SPRING.links
    ]


def test_doing_it_twice_changes_nothing(made: Folder) -> None:
    before = [summary(made, each.id).to_json() for each in DEMONSTRATIONS]
    again = make_demonstration(made, lambda: NOW_MS + DAY_MS)
    assert [campaign.id for campaign in again] == [SPRING.id, RAIN.id, SHOP]
    assert [summary(made, each.id).to_json() for each in DEMONSTRATIONS] == before


def test_it_is_the_same_in_every_folder(made: Folder) -> None:
    other = a_folder()
    make_demonstration(other, lambda: NOW_MS)
    for each in DEMONSTRATIONS:
        assert list(other.store.messages(each.id)) == list(made.store.messages(each.id))


def test_one_that_was_begun_and_never_filled_is_completed(made: Folder) -> None:
    begun = a_folder()
    begun.registry.add_campaign(SPRING.campaign(NOW_MS))
    make_demonstration(begun, lambda: NOW_MS)
    assert summary(begun, SPRING.id).opens == summary(made, SPRING.id).opens


def test_removing_leaves_other_campaigns_and_nothing_of_it() -> None:
    folder = a_folder()
    folder.registry.add_campaign(a_campaign())
    make_demonstration(folder, lambda: NOW_MS)
    assert remove_demonstration(folder.store, folder.registry) == [SPRING.id, RAIN.id, SHOP]
    assert [campaign.id for campaign in folder.registry.campaigns()] == ["spring"]
    assert (folder.store.campaigns(), folder.store.recipients(SPRING.id, "", 1)) == ([], [])
    assert list(folder.registry.consents()) == [], "nobody real is kept out"
    assert remove_demonstration(folder.store, folder.registry) == []


def test_a_campaign_of_the_sender_with_such_an_id_is_left_alone() -> None:
    folder = a_folder()
    folder.registry.add_campaign(Campaign(SPRING.id, "Ours", sent=7))
    with pytest.raises(Conflict, match="make the demonstration in another data folder"):
        make_demonstration(folder, lambda: NOW_MS)
    assert remove_demonstration(folder.store, folder.registry) == []
    assert folder.registry.campaign(SPRING.id).sent == 7


def test_machines_are_never_counted_as_people_and_people_hardly_ever_as_machines(made: Folder) -> None:
    campaign = made.registry.campaign(SPRING.id)
    verdicts: Counter[tuple[bool, Verdict]] = Counter()
    for message in made.store.messages(SPRING.id):
        for judged in judge(message, campaign, RULES):
            if judged.event.kind in HIT_KINDS:
                verdicts[judged.event.address.startswith("198.18."), judged.verdict] += 1
    people = {verdict: number for (is_person, verdict), number in verdicts.items() if is_person}
    assert people[Verdict.HUMAN] / sum(people.values()) > 0.98
    proxied = summary(made, SPRING.id).opens.proxied
    assert verdicts[False, Verdict.HUMAN] <= proxied * 1.3, (
        "only what the mailboxes of readers fetched, with repeats"
    )


@pytest.mark.parametrize("number", range(len(MAILBOXES)))
def test_what_a_mailbox_does_lies_after_the_delivery_and_names_links_that_exist(number: int) -> None:
    box = MAILBOXES[number]
    rng, subject = Random(number), Subject("demo-0001", NOW_MS, [1, 2, 3])
    hits = [hit for machine in box.machines for hit in machine(rng, subject)]
    if box.reads:
        hits += [hit for _ in range(50) for hit in reading(rng, subject, box, (0.5, 0.5), 0.5)]
    assert all(hit.at_ms > NOW_MS and hit.recipient == "demo-0001" for hit in hits)
    assert {hit.link for hit in hits} <= {0, 1, 2, 3}


def test_the_mail_has_exactly_the_links_of_its_campaign(made: Folder) -> None:
    kept = made.registry.kept_mail(SPRING.id)
    assert kept is not None
    links = made.registry.campaign(SPRING.id).links
    assert [(place.number, place.url) for place in kept.places] == [
        (None if link.trap else link.number, link.url) for link in links
    ]
    assert kept.left_alone == ()


def test_the_command_marks_what_it_makes_and_removes_it(tmp_path: Path) -> None:
    runner = CliRunner(env={"MAILPIXEL_DATA": str(tmp_path / "data"), "COLUMNS": "200"})
    assert runner.invoke(cli, ["demo"]).stdout == "demo-spring\ndemo-rain\ndemo-shop\n"
    assert "Spring collection (demonstration)" in runner.invoke(cli, ["campaign", "list"]).stdout
    assert (
        "(demonstration: its readers are simulated)" in runner.invoke(cli, ["report", "demo-spring"]).stdout
    )
    assert "removed demo-spring, demo-rain" in runner.invoke(cli, ["demo", "--remove"]).stderr
    assert json.loads(runner.invoke(cli, ["campaign", "list", "--json"]).stdout) == []
    assert "no demonstration here" in runner.invoke(cli, ["demo", "--remove"]).stderr
