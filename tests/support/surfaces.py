"""The figures of a campaign as they stand on each surface: pages and files.

Every reader gives the figures by name. `named` gives those of the summary by the same names.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from selectolax.lexbor import LexborNode

from mailpixel.pages.definitions import STANDING_NAMES, device_name, program_name
from mailpixel.report.parts import PART_NAMES
from tests.support.api import Api
from tests.support.page_text import first, number, rate, read, rows_of, section, texts
from tests.support.web import Person

HERE = "/campaigns/spring"
Figures = Mapping[str, Any]
"""What stands on a surface, by the name of the figure. A rate is a number of per cents, as it was rounded there."""
PERSON_NAMES = {"human": PART_NAMES["human"], "machine": PART_NAMES["machine"]}


def cards_of(body: LexborNode) -> dict[str, str]:
    return {texts(card, "h3")[0]: texts(card, ".value")[0] for card in body.css(".card.figure")}


def named(summary: Figures) -> dict[str, Any]:
    """Every figure of the summary by the name under which surfaces are read here."""
    recipients, opens, clicks = summary["recipients"], summary["opens"], summary["clicks"]
    rates, between = summary["rates"], summary["open_rate_range"]
    cents = {name: round(each["value"] * 100, 1) for name, each in rates.items()}
    methods = {
        each["method"]: round(each["value"] * 100, 1) for each in between["estimates"] if each["value"]
    }
    parts = (opens["human"] - opens["proxied"], opens["proxied"], opens["privacy_prefetch"], opens["machine"])
    return {
        **recipients,
        **cents,
        **{f"open {name}": part for name, part in zip(PART_NAMES.values(), parts, strict=True)},
        **{f"click {PERSON_NAMES[name]}": clicks[name] for name in PERSON_NAMES},
        **{f"standing {words}": recipients["standing"][name] for name, words in STANDING_NAMES.items()},
        **{f"opens.{name}": value for name, value in opens.items()},
        **{f"clicks.{name}": value for name, value in clicks.items()},
        "low": round(between["low"] * 100, 1),
        "high": round(between["high"] * 100, 1),
        "low, rounded": round(between["low"] * 100),
        "high, rounded": round(between["high"] * 100),
        "estimates": methods,
        "machines": opens["machine"] + clicks["machine"],
        "provisional": summary["provisional"],
        "overflow": summary["overflow"],
        "links": [(each["unique_human"], each["machine"]) for each in summary["links"]],
        "people by link": [each["unique_human"] for each in summary["links"]],
        "programs": known(summary["programs"], program_name),
        "devices": known(summary["devices"], device_name),
    }


def known(clients: Figures, name_of: Callable[[str], str]) -> dict[str, int]:
    """Messages by program or device, without those that no message was read in."""
    numbers = {name_of(name): value for name, value in clients["known"].items() if value}
    return numbers | {"not known": clients["unknown"]}


CARDS: Mapping[str, tuple[str, Callable[[str], Any]]] = {
    "Delivered": ("delivered", number),
    "Known readers": ("low", rate),
    "Click rate": ("click_rate", rate),
    "Click to open": ("click_to_open_rate", rate),
    "Machines": ("machines", number),
    "Still settling": ("provisional", number),
    "Bounced": ("bounced", number),
    "Reported as spam": ("complained", number),
    "Opted out": ("untracked", number),
}


def on_overview(body: LexborNode) -> Figures:
    """What an overview shows, as does the report."""
    found: dict[str, Any] = {name: as_(cards_of(body)[title]) for title, (name, as_) in CARDS.items()}
    for title, kind in (("Who loaded the images", "open"), ("Who followed links", "click")):
        table = first(section(body, title), ".parts-table")
        found |= {f"{kind} {name}": number(cells[0]) for name, cells in rows_of(table).items()}
    for row in section(body, "What is known of recipients").css(".parts-table tr"):
        note = texts(row, ".note")[0]
        words = texts(row, "th")[0].removesuffix(note).strip()
        found[f"standing {words}"] = number(texts(row, "td")[0])
    table = first(section(body, "Who followed links"), "table.blocks")
    links = [(number(people), number(machines)) for people, machines in rows_of(table).values()]
    found["links"] = sorted(links, reverse=True)
    bounds = rows_of(first(body, "[data-part=range] details.numbers"))
    found |= {"low": rate(bounds["known readers"][0]), "high": rate(bounds["at most"][0])}
    found["overflow"] = int(re.findall(r"(\d+) further hits", first(body, ".notes").text())[0])
    return found


def on_overview_with_clients(person: Person, api: Api) -> Figures:
    body = read(person, HERE)
    clients = {name: number_by_client(body, name) for name in ("programs", "devices")}
    return {**on_overview(body), **clients}


def number_by_client(body: LexborNode, name: str) -> dict[str, int | None]:
    return {head: number(cells[1]) for head, cells in rows_of(section(body, name.title())).items()}


def on_list(person: Person, api: Api) -> Figures:
    row = next(each for each in read(person, "/campaigns").css("tbody tr") if "Spring" in texts(each, "a"))
    delivered, between, _, clicked = texts(row, "td")[:4]
    low, high = between.split(" to ")
    bar = row.css("td.drawn")[1].html or ""
    parts = {
        f"open {name}": number(re.findall(rf"{re.escape(name)} ([\d\s]+) \(", bar)[0])
        for name in PART_NAMES.values()
    }
    rounded = {"low, rounded": rate(low), "high, rounded": rate(high)}
    return {"delivered": number(delivered), **rounded, "click_rate": rate(clicked), **parts}


def on_comparison(person: Person, api: Api) -> Figures:
    rows = rows_of(first(section(read(person, "/compare?a=spring&b=autumn"), "Figures"), "table"))
    one = {name: cells[0] for name, cells in rows.items()}
    return {
        "sent": number(one["Sent"]),
        "delivered": number(one["Delivered"]),
        "low": rate(one["Known readers"]),
        "click_rate": rate(one["Click rate"]),
        "click_to_open_rate": rate(one["Click to open"]),
    }


def on_recipients(person: Person, api: Api) -> Figures:
    tabs = texts(read(person, f"{HERE}/recipients"), ".groups a")
    numbers = {words.strip(): int(found) for words, found in (tab.rsplit(maxsplit=1) for tab in tabs)}
    assert numbers.pop("all") == sum(numbers.values())
    return {f"standing {words}": found for words, found in numbers.items()}


def in_lists_of_recipients(person: Person, api: Api) -> Figures:
    """The lines of the list of each standing, and of each link."""
    listed = {
        f"standing {words}": len(read(person, f"{HERE}/recipients?standing={name}").css("tbody tr"))
        for name, words in STANDING_NAMES.items()
    }
    by_link = [len(read(person, f"{HERE}/recipients?link={link}").css("tbody tr")) for link in (1, 2)]
    return {**listed, "people by link": [*by_link, 1]}  # the last is of destinations of single recipients


def on_links(person: Person, api: Api) -> Figures:
    table = section(read(person, f"{HERE}/links"), "Links and who followed them")
    links = [(number(cells[0]), number(cells[3])) for cells in rows_of(table).values()]
    return {"links": sorted(links, reverse=True)}


def on_downloads(person: Person, api: Api) -> Figures:
    body = read(person, f"{HERE}/download")
    lines = texts(section(body, "Recipients by what they did"), "li")
    found = (re.fullmatch(r"(.+?)\s+\((\d+)\)", line) for line in lines)
    return {f"standing {each[1]}": int(each[2]) for each in found if each}


def table_of(person: Person, path: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(person.see(path).text, newline="")))


def in_recipients_csv(person: Person, api: Api) -> Figures:
    rows = table_of(person, f"{HERE}/download/recipients.csv")
    counted = Counter(row["standing"] for row in rows)
    return {f"standing {words}": counted[name] for name, words in STANDING_NAMES.items()}


def in_events_csv(person: Person, api: Api) -> Figures:
    """The hits of people and machines, without repeats and without those of the sender."""
    rows = [row for row in table_of(person, f"{HERE}/download/events.csv") if row["verdict"] != "internal"]
    found: dict[str, int] = {}
    for kind in ("open", "click"):
        events = [row for row in rows if row["kind"] == kind]
        once = [row for row in events if row["dup"] == "false"]
        people = [row for row in once if row["verdict"] == "human"]
        found |= {
            f"{kind}s.events": len(events),
            f"{kind}s.deduplicated": len(once),
            f"{kind}s.human": len(people),
            f"{kind}s.unique_human": len({row["recipient"] for row in people}),
        }
    return found


def in_timeline_csv(person: Person, api: Api) -> Figures:
    return sums(table_of(person, f"{HERE}/download/timeline.csv"))


def sums(rows: list[dict[str, str]]) -> Figures:
    """The sums of a timeline."""
    names = {"events": "events", "human": "human", "machine": "machine", "first_human": "unique_human"}
    return {
        f"{kind}.{name}": sum(int(row[f"{kind}_{column}"]) for row in rows)
        for kind in ("opens", "clicks")
        for column, name in names.items()
    }


REPORTED = {
    "Messages sent": "sent",
    "Delivered": "delivered",
    "Bounced": "bounced",
    "Reported as spam": "complained",
    "Tracked": "tracked",
    "Not tracked": "untracked",
}


def on_report(person: Person, api: Api) -> Figures:
    body = read(person, f"{HERE}/report")
    tables = {name: rows_of(section(body, name)) for name in ("Messages", "Opens and clicks", "Rates")}
    between = rows_of(section(body, "Open rate of people"))
    found: dict[str, Any] = {REPORTED[head]: number(cells[0]) for head, cells in tables["Messages"].items()}
    for head, (opens, clicks, _) in tables["Opens and clicks"].items():
        name = head.lower().replace(" ", "_")
        found |= {f"opens.{name}": number(opens)} | ({f"clicks.{name}": number(clicks)} if clicks else {})
    found |= {head.lower().replace(" ", "_"): rate(cells[0]) for head, cells in tables["Rates"].items()}
    found |= {"low": rate(between["Floor"][0]), "high": rate(between["Ceiling"][0])}
    found["estimates"] = {
        head.lower().replace(" ", "_"): rate(cells[0])
        for head, cells in between.items()
        if head not in ("Floor", "Ceiling") and cells[0] != "—"
    }
    return {**on_overview(body), **found}


SURFACES: Mapping[str, Callable[[Person, Api], Figures]] = {
    "list": on_list,
    "overview": on_overview_with_clients,
    "comparison": on_comparison,
    "recipients": on_recipients,
    "lists of recipients": in_lists_of_recipients,
    "links": on_links,
    "downloads": on_downloads,
    "recipients.csv": in_recipients_csv,
    "events.csv": in_events_csv,
    "timeline.csv": in_timeline_csv,
    "report": on_report,
}
