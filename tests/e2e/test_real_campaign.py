"""Ten thousand recipients, five links each, real agents: the summary equals a recount without the fold."""

import asyncio
import json
import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from mailpixel.classify import Rules, judge
from mailpixel.model import Judged, Verdict
from tests.support.load import load
from tests.support.service import Service, rows
from tests.support.stores import open_settled

AGENTS = Path(__file__).parents[3] / "shared" / "data" / "user_agents"
RECIPIENTS, LINKS = 10_000, 5
MACHINES = {Verdict.PREFETCH, Verdict.SCANNER, Verdict.BOT}


@dataclass
class Asked:
    """What was sent: GETs by kind, and the recipients they named."""

    opens: Counter[str]
    clicks: Counter[str]


@pytest.fixture(scope="module")
def agents() -> list[str]:
    if not AGENTS.is_dir():
        pytest.skip("the collection of real user agents is not beside this repository")
    chance = random.Random(7)
    browsers = (AGENTS / "browsers_a.txt").read_text(encoding="utf-8").splitlines()
    listed = [
        json.loads(line)["agent"] for line in (AGENTS / "bots.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    mail = [
        json.loads(line)["agent"]
        for line in (AGENTS / "mail_clients_public.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    return [*chance.sample(browsers, 40), *chance.sample(listed, 20), *chance.sample(mail, 20)]


def recount(judged: Iterable[tuple[Judged, ...]]) -> dict[str, dict[str, int]]:
    """Opens and clicks counted the long way round, message by message, from the definitions of the README."""
    counted = {"opens": Counter[str](), "clicks": Counter[str]()}
    for message in judged:
        for kind in ("opens", "clicks"):
            hits = [
                hit
                for hit in message
                if f"{hit.event.kind}s" == kind
                and hit.event.method == "GET"
                and hit.verdict is not Verdict.INTERNAL
            ]
            first = [hit for hit in hits if not hit.dup]
            human = [hit for hit in first if hit.verdict is Verdict.HUMAN]
            counted[kind] += Counter(
                events=len(hits),
                deduplicated=len(first),
                unique=bool(hits),
                human=len(human),
                unique_human=bool(human),
                machine=sum(hit.verdict in MACHINES for hit in first),
            )
            if kind == "opens":
                counted[kind] += Counter(
                    proxied=sum(hit.via is not None for hit in human),
                    privacy_prefetch=sum(hit.verdict is Verdict.PRIVACY_PREFETCH for hit in first),
                )
                opened = bool(human)
            else:
                counted["opens"]["inferred_from_clicks"] += bool(human) and not opened
    return {kind: dict(counts) for kind, counts in counted.items()}


async def replay(service: Service, links: list[list[str]], agents: list[str]) -> Asked:
    """Two thirds of the recipients' pixels are fetched, some twice; every fourth follows a link or two."""
    chance = random.Random(11)
    asked = Asked(Counter(), Counter())
    for agent in agents:
        paths = []
        for recipient, pixel, *urls in chance.sample(links, RECIPIENTS // 100):
            for _ in range(chance.choice((0, 1, 1, 2))):
                paths.append(pixel)
                asked.opens[recipient] += 1
            for url in chance.sample(urls, chance.choice((0, 0, 0, 1, 2))):
                paths.append(url)
                asked.clicks[recipient] += 1
        answers = await load(service.port, paths, 16, f"User-Agent: {agent}\r\nAccept: */*\r\n")
        assert len(answers) == len(paths)
    return asked


def test_the_summary_of_a_real_campaign_equals_an_independent_recount(
    tmp_path: Path, agents: list[str]
) -> None:
    data, recipients = tmp_path / "data", tmp_path / "recipients.csv"
    recipients.write_text("recipient\n" + "".join(f"r-{n:05}\n" for n in range(RECIPIENTS)))
    urls = [word for n in range(LINKS) for word in ("--link", f"https://shop.example/{n}")]
    rows(data, "campaign", "add", "c1", "--name", "Real", "--sent", str(RECIPIENTS), *urls)
    printed = rows(data, "links", "c1", "--recipients", str(recipients)).splitlines()
    columns = ["recipient", "pixel_url", *(f"link_{n}" for n in range(1, LINKS + 1)), "choice_url"]
    assert printed[0].split(",") == columns
    assert len(printed) == RECIPIENTS + 1
    with Service(data) as service:
        links = [
            [part.replace("http://127.0.0.1:8025", "") for part in line.split(",")[:-1]]
            for line in printed[1:]
        ]
        asked = asyncio.run(replay(service, links, agents))
    summary = json.loads(rows(data, "report", "c1", "--json"))
    store, registry = open_settled(data / "mailpixel.db")
    judged = map(partial(judge, campaign=registry.campaign("c1"), rules=Rules()), store.messages("c1"))
    expected = recount(judged)
    assert {name: summary["opens"][name] for name in expected["opens"]} == expected["opens"]
    assert {name: summary["clicks"][name] for name in expected["clicks"]} == expected["clicks"]
    assert (summary["opens"]["events"], summary["clicks"]["events"]) == (
        asked.opens.total(),
        asked.clicks.total(),
    )
    assert (summary["opens"]["unique"], summary["clicks"]["unique"]) == (len(asked.opens), len(asked.clicks))
    assert summary["rates"]["open_rate"]["denominator"] == RECIPIENTS
