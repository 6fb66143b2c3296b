"""`explain`, `agents`, `replay`, `rebuild` and `networks` as a person types them: whole outputs."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from mailpixel.cli import cli
from mailpixel.cli.networks import OF_THEIR_DAY, STRUCK
from mailpixel.cli.rebuild import MINIMISED
from mailpixel.folder.key_file import load_keyring
from mailpixel.links.keyring import pseudonym
from mailpixel.model import Facts
from mailpixel.store.sqlite import open_sqlite
from tests.support.builders import (
    APPLE,
    BROWSER,
    GMAIL,
    ROBOT,
    SENT_AT_MS,
    a_campaign,
    a_click,
    a_delivery,
    an_open,
)

PERSON = Facts(4080)
"""Every header that a browser shows when a person follows a link."""
Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs one command on a data folder of the test's own."""

    def runner(*arguments: str, stdin: str | None = None) -> Result:
        return CliRunner().invoke(cli, ["--data", str(tmp_path / "data"), *arguments], input=stdin)

    return runner


@pytest.fixture
def logged(tmp_path: Path) -> None:
    """A message read by a person and visited by a robot, and one that only Apple fetched."""
    store, registry = open_sqlite(tmp_path / "data" / "mailpixel.db")
    registry.add_campaign(a_campaign(sent=2))
    store.append(
        [
            a_delivery(0),
            an_open(600, facts=PERSON),
            a_click(660, facts=PERSON),
            a_click(661, facts=PERSON),
            a_click(900, link=2, agent=ROBOT, address="203.0.113.9"),
            an_open(30, recipient="r-2", agent=APPLE),
        ]
    )
    store.close()
    registry.close()


# explain


EXPLAINED = """\
2026-09-21T14:13:20Z  delivered
2026-09-21T14:23:20Z  GET open: human (default)
    PC / Windows 10 / Chrome 151.0.0
    - No rule identified a machine.
    - No evidence of a machine was found: timing, network, headers and neighbouring hits were looked at.
2026-09-21T14:24:20Z  GET click of link 1: human (default)
    PC / Windows 10 / Chrome 151.0.0
    - No rule identified a machine.
    - No evidence of a machine was found: timing, network, headers and neighbouring hits were looked at.
2026-09-21T14:24:21Z  GET click of link 1: human (default)  repeat
    PC / Windows 10 / Chrome 151.0.0
    - No rule identified a machine.
    - No evidence of a machine was found: timing, network, headers and neighbouring hits were looked at.
    - It repeats a hit that was counted a moment before, so it is not counted again.
2026-09-21T14:28:20Z  GET click of link 2: bot (declared)
    curl 8.5.0
    - The user agent names a machine (security scanner, link preview, monitor, library, crawler), or is missing.
    - What gave it away in the user agent: “curl”.
"""


@pytest.mark.usefixtures("logged")
def test_explain_shows_every_hit_in_order_with_verdict_rule_and_reasons(run: Run) -> None:
    told = run("explain", "spring", "r-1")
    assert (told.exit_code, told.stdout, told.stderr) == (0, EXPLAINED, "")


@pytest.mark.usefixtures("logged")
def test_explain_gives_the_json_of_the_api(run: Run) -> None:
    told = json.loads(run("explain", "spring", "r-2", "--json").stdout)
    (hit,) = told.pop("hits")
    assert told.pop("rules_version")
    assert told == {
        "campaign": "spring",
        "recipient": "r-2",
        "delivered_at": None,
        "opted_out": False,
        "reports": [],
    }
    assert (hit["verdict"], hit["rule"], hit["via"]) == ("privacy_prefetch", "apple_mpp", "apple")
    assert hit["reasons"][0].startswith("Apple Mail Privacy Protection loads every image")


@pytest.mark.usefixtures("logged")
@pytest.mark.parametrize(
    ("recipient", "problem"),
    [
        (
            "r-9",
            "RECIPIENT: nothing is logged in this campaign; check the spelling, and check that "
            "the mail was sent with the links of this campaign",
        ),
        (
            "r 9",
            "RECIPIENT may hold only letters, digits and `. _ : ~ + = / -`; use such an id, or a keyed pseudonym",
        ),
        ("", "RECIPIENT is empty; give every recipient an id of 1 to 128 characters"),
        ("r" * 129, "RECIPIENT has 129 characters; at most 128 are allowed"),
    ],
)
@pytest.mark.parametrize("form", [(), ("--json",)])
def test_explain_fails_for_a_recipient_without_events_or_with_an_invalid_id(
    run: Run, recipient: str, problem: str, form: tuple[str, ...]
) -> None:
    told = run("explain", "spring", recipient, *form)
    assert (told.exit_code, told.stdout, told.stderr) == (1, "", f"error: {problem}\n")


def test_explain_finds_an_address_by_its_keyed_pseudonym(run: Run, tmp_path: Path) -> None:
    run("campaign", "add", "spring", "--name", "Spring", "--link", "https://shop.example/p/1")
    data = tmp_path / "data"
    id = pseudonym(load_keyring(data / "keys.json"), "ann@example.com")
    store, registry = open_sqlite(data / "mailpixel.db")
    store.append([an_open(600, facts=PERSON, recipient=id)])
    store.close()
    registry.close()
    told = run("explain", "spring", " Ann@Example.com", "--json")
    assert (told.exit_code, json.loads(told.stdout)["recipient"]) == (0, id)
    missing = run("explain", "spring", "bob@example.com")
    assert missing.exit_code == 1
    assert "under the keyed pseudonym of this address" in missing.stderr
    assert "bob" not in missing.stderr


def test_a_person_is_exported_opted_out_and_erased_by_address_too(run: Run, tmp_path: Path) -> None:
    run("campaign", "add", "spring", "--name", "Spring", "--link", "https://shop.example/p/1")
    id = pseudonym(load_keyring(tmp_path / "data" / "keys.json"), "ann@example.com")
    store, registry = open_sqlite(tmp_path / "data" / "mailpixel.db")
    store.append([an_open(600, recipient=id)])
    held = run("person", "export", "Ann@example.com")
    assert [json.loads(line)["recipient"] for line in held.stdout.splitlines()] == [id]
    assert run("person", "optout", "ann@example.com").exit_code == 0
    assert "optout" in run("person", "export", "ann@example.com").stdout
    erased = run("person", "erase", "ann@example.com", "--yes")
    proof = json.loads(erased.stdout)
    assert (erased.exit_code, erased.stderr) == (
        0,
        "2 event(s) of 1 recipient(s) erased; they are left out from now on\n",
    )
    assert (proof["events"], proof["consents_kept"], proof["bytes_found"], proof["pending"]) == (
        2,
        1,
        0,
        False,
    )
    assert list(store.person(id)) == []
    held = run("person", "export", "ann@example.com")
    [kept] = [json.loads(line) for line in held.stdout.splitlines()]
    assert (kept["about"], kept["recipient"], kept["state"]) == ("consents", None, "denied")
    assert held.stderr == "This person was erased: a keyed hash of the id keeps them out\n"
    store.close()
    registry.close()


@pytest.mark.parametrize("asked", ["r-9", "bob@example.com"])
def test_a_person_of_whom_nothing_is_stored_is_said_to_be_unknown(run: Run, asked: str) -> None:
    run("campaign", "add", "spring", "--name", "Spring")
    told = run("person", "export", asked)
    under = " under the keyed pseudonym of this address" if "@" in asked else ""
    assert (told.exit_code, told.stdout) == (0, "")
    assert told.stderr == f"nothing is stored{under}; check the spelling if you expected something\n"


def test_erasing_somebody_of_whom_nothing_is_stored_gets_the_same_answer(run: Run, tmp_path: Path) -> None:
    run("campaign", "add", "spring", "--name", "Spring")
    store, _ = open_sqlite(tmp_path / "data" / "mailpixel.db")
    store.append([an_open(600)])
    store.close()
    proofs = [run("person", "erase", id, "--yes") for id in ("r-1", "r-9")]
    known, unknown = (json.loads(told.stdout) for told in proofs)
    assert known.keys() == unknown.keys()
    assert (known["events"], unknown["events"]) == (1, 0)
    assert "r-" not in "".join(told.stdout + told.stderr for told in proofs)


def test_explain_of_an_unknown_campaign_fails(run: Run) -> None:
    told = run("explain", "autumn", "r-1")
    assert (told.exit_code, told.stdout) == (1, "")
    assert told.stderr.startswith("error: ")


@pytest.mark.usefixtures("logged")
def test_explain_takes_in_the_operators_networks(run: Run) -> None:
    run("networks", "add", "192.0.2.0/24", "--name", "our gateway", "--certainty", "certain")
    told = json.loads(run("explain", "spring", "r-1", "--json").stdout)
    assert [(hit["kind"], hit["verdict"], hit["rule"]) for hit in told["hits"]] == [
        ("open", "human", "default"),
        ("click", "scanner", "network"),
        ("click", "scanner", "network"),
        ("click", "bot", "declared"),
    ]
    assert "“our gateway”, from which only machines follow links." in told["hits"][1]["reasons"][1]


# agents


def test_agents_are_judged_by_themselves_one_line_each(run: Run) -> None:
    agents = [BROWSER, GMAIL, APPLE, ROBOT, ""]
    told = run("agents", stdin="".join(f"{agent}\n" for agent in agents))
    rulings = [
        "human\tdefault",
        "scanner\tmail_proxy",
        "scanner\tapple_mpp",
        "bot\tdeclared",
        "bot\tdeclared",
    ]
    lines = "".join(f"{ruling}\t{agent}\n" for ruling, agent in zip(rulings, agents, strict=True))
    assert (told.exit_code, told.stdout, told.stderr) == (0, lines, "")


def test_agents_of_opens_come_from_a_file_with_any_line_ends_and_bytes(run: Run, tmp_path: Path) -> None:
    (tmp_path / "agents.txt").write_bytes(f"{GMAIL}\r\n{APPLE}\n".encode() + b"curl/8.5.0\r \0 \xff")
    told = run("agents", "--kind", "open", str(tmp_path / "agents.txt"))
    lines = f"human\tmail_proxy\t{GMAIL}\nprivacy_prefetch\tapple_mpp\t{APPLE}\nbot\tdeclared\tcurl/8.5.0".encode()
    assert (told.exit_code, told.stdout_bytes) == (0, lines + b"\r \0 \xff\n")


def test_agents_that_the_operator_declares_are_judged_so(run: Run, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    declared = {"version": 1, "agents": [{"contains": "OurMonitor", "verdict": "scanner"}]}
    (tmp_path / "data" / "operator.json").write_text(json.dumps(declared))
    agent = f"{BROWSER} ourmonitor/2"
    assert run("agents", stdin=f"{agent}\n").stdout == f"scanner\tdeclared\t{agent}\n"


# replay


def a_hit(second: float, **fields: Any) -> dict[str, Any]:
    hit = {
        "t_ms": SENT_AT_MS + round(second * 1000),
        "recipient": "r-1",
        "kind": "open",
        "link": None,
        "method": "GET",
        "ip": "192.0.2.10",
        "headers": {"user-agent": GMAIL},
    }
    return hit | fields


def a_scenario(name: str, **more: Any) -> str:
    scenario = {
        "scenario": name,
        "campaign": {"id": name, "links": ["https://shop.example/1"], "sent": 1},
        "messages": [{"recipient": "r-1", "sent_at_ms": SENT_AT_MS, "delivered_at_ms": SENT_AT_MS}],
        "hits": [
            a_hit(10),
            a_hit(600),
            a_hit(610),
            a_hit(700, kind="click", link=1, headers={"user-agent": ROBOT}),
            a_hit(800, token="garbage", recipient=None),
        ],
    }
    return json.dumps(scenario | more) + "\n"


OUTCOME = {
    "scenario": "plain",
    "verdicts": ["prefetch", "human", "human", "bot", None],
    "rules": ["mail_proxy", "mail_proxy", "mail_proxy", "declared", None],
    "via": ["gmail", "gmail", "gmail", None, None],
    "dup": [False, False, True, False, False],
    "summary": {
        "opens_total": 2,
        "opens_human": 1,
        "opens_proxied": 1,
        "opens_privacy_prefetch": 0,
        "opens_machine": 1,
        "unique_openers_human": 1,
        "unique_openers_privacy_only": 0,
        "clicks_total": 1,
        "clicks_human": 0,
        "clicks_machine": 1,
        "unique_clickers_human": 0,
        "inferred_openers": 0,
        "duplicates": 1,
        "internal": 0,
        "uncounted": 1,
    },
}


def test_replay_gives_one_json_line_a_scenario_labels_or_not(run: Run) -> None:
    expect = {"expect": {"verdicts": ["human"] * 5, "summary": {}}}
    told = run("replay", "-", "--json", stdin=a_scenario("plain") + "\n" + a_scenario("labelled", **expect))
    assert (told.exit_code, told.stderr) == (0, "")
    first, second = map(json.loads, told.stdout.splitlines())
    assert first == OUTCOME
    assert second == OUTCOME | {"scenario": "labelled"}


def words(text: str) -> list[str]:
    """Lines of a table with the spaces between cells made one, empty ones left out."""
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]


def test_replay_without_labels_prints_the_summary_of_each_scenario(run: Run) -> None:
    told = run("replay", "-", stdin=a_scenario("plain"))
    assert isinstance(OUTCOME["summary"], dict)
    counts = [f"{name} {number}" for name, number in OUTCOME["summary"].items()]
    assert (told.exit_code, words(told.stdout), told.stderr) == (0, ["plain", "count hits", *counts], "")


def test_replay_with_labels_prints_precision_recall_and_what_is_wrong(run: Run) -> None:
    labels = {
        "verdicts": ["prefetch", "human", ["human", "bot"], "human", None],
        "summary": {"opens_total": 3},
    }
    told = run("replay", "-", stdin=a_scenario("labelled", expect=labels))
    lines = words(told.stdout)
    assert told.exit_code == 0
    assert lines[0] == "verdict labelled given precision recall"
    assert [line for line in lines if line.startswith("wrong: ")] == [
        "wrong: labelled, verdicts[4]: wanted human, got bot",
        "wrong: labelled, summary.opens_total: wanted 3, got 2",
    ]
    assert told.stderr == "1 scenario(s), 2 label(s) not met\n"


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (
            a_scenario("s") + "{\n",
            "line 2: is not JSON; write one scenario per line, or add --log for an access log",
        ),
        ("\n\n[]\n", "line 3: is not a JSON object; write one scenario per line"),
        (
            '{"scenario": "s"}\n',
            "line 1, scenario: lacks the key 'campaign'; `mailpixel docs judging` describes the format",
        ),
        ("\xff\n", "line 1: is not JSON; write one scenario per line, or add --log for an access log"),
        (
            a_scenario("s", expect={"verdicts": ["human"]}),
            "line 1, expect.verdicts: is not a list of 5 labels; give one for each hit, null where any answer is right",
        ),
    ],
)
def test_replay_names_the_line_that_is_no_scenario(run: Run, text: str, error: str) -> None:
    told = run("replay", "-", "--json", stdin=text)
    assert (told.exit_code, told.stderr) == (2, f"error: {error}\n")


NGINX = (
    f'192.0.2.10 - - [21/Sep/2026:14:23:20 +0000] "GET /open?recipient=r-1 HTTP/1.1" 200 43 "-" "{GMAIL}"\n'
)
APACHE = (
    '203.0.113.9 - frank [21/Sep/2026:16:28:20 +0200] "GET /click?recipient=r-1&link=2 HTTP/1.0" 302 - '
    f'"https://mail.example/" "{ROBOT}"\n'
)
BROKEN = "not a line of any log\n"


def test_replay_judges_the_log_of_nginx_and_of_apache_and_says_how_much_it_passed_over(run: Run) -> None:
    told = run("replay", "-", "--log", "--json", stdin=NGINX + BROKEN + APACHE)
    counts = dict.fromkeys(OUTCOME["summary"], 0)
    counts |= {"opens_total": 1, "opens_human": 1, "opens_proxied": 1, "unique_openers_human": 1}
    counts |= {"clicks_total": 1, "clicks_machine": 1}
    assert (told.exit_code, json.loads(told.stdout)) == (
        0,
        {"messages": 1, "lines": 3, "skipped": 1, "summary": counts},
    )
    assert told.stderr == "3 lines, 1 of them skipped (not an open or click with a recipient), 1 messages\n"


def test_replay_prints_a_log_as_a_table_and_finds_paths_by_the_expressions_given(run: Run) -> None:
    log = NGINX.replace("/open?", "/p.gif?")
    told = run("replay", "-", "--log", "--open", r"/p\.gif", "--click", "/go/", stdin=log + APACHE)
    assert told.exit_code == 0
    assert words(told.stdout)[:3] == ["count hits", "opens_total 1", "opens_human 1"]
    assert told.stderr == "2 lines, 1 of them skipped (not an open or click with a recipient), 1 messages\n"


def test_replay_says_how_to_name_recipients_where_a_log_names_none(run: Run) -> None:
    told = run("replay", "-", "--log", stdin=NGINX.replace("recipient=", "to="))
    assert (told.exit_code, told.stderr) == (
        0,
        "1 lines, 1 of them skipped (not an open or click with a recipient), 0 messages\n"
        "match the recipient in the path, such as --open '/img/(?P<recipient>[^/.]+)'; --click works the same way\n",
    )
    named = run(
        "replay",
        "-",
        "--log",
        "--open",
        "/open.*to=(?P<recipient>[^&]+)",
        stdin=NGINX.replace("recipient=", "to="),
    )
    assert "1 messages" in named.stderr


def test_replay_refuses_what_is_no_expression(run: Run) -> None:
    told = run("replay", "-", "--log", "--open", "(", stdin=NGINX)
    assert (told.exit_code, told.stderr.startswith("error: open: is not a regular expression")) == (2, True)


# rebuild


@pytest.mark.usefixtures("logged")
def test_rebuild_prints_which_counts_move_and_which_rule_moved_them(run: Run) -> None:
    run("report", "spring")
    run("networks", "add", "192.0.2.10", "--name", "gate", "--scope", "all", "--certainty", "certain")
    tried = run("rebuild", "--dry-run")
    assert (tried.exit_code, tried.stderr) == (0, f"1 campaign(s) judged, 1 would change\n{MINIMISED}\n")
    lines = words(tried.stdout)
    assert {"opens.human 1 0", "clicks.human 1 0", "opens.machine 0 1"} <= set(lines)
    assert {
        "open human (default) scanner (network) 1",
        "click human (default) scanner (network) 1",
        "click human (default), repeat scanner (network), repeat 1",
    } <= set(lines)
    done = run("rebuild")
    assert (sorted(words(done.stdout)), done.stderr) == (
        sorted(lines),
        f"1 campaign(s) judged, 1 changed\n{MINIMISED}\n",
    )
    again = run("rebuild", "--json")
    assert (again.stdout, again.stderr) == ("[]\n", f"1 campaign(s) judged, 0 changed\n{MINIMISED}\n")


@pytest.mark.usefixtures("logged")
def test_figures_of_an_earlier_edition_of_the_rules_are_named_until_they_are_judged_again(run: Run) -> None:
    at_first = run("report", "spring", "--json")
    before = json.loads(at_first.stdout)["rules_version"]
    assert "earlier edition" not in at_first.stderr
    assert "all figures were judged by the rules in force" in run("doctor").stdout
    run("networks", "add", "203.0.113.0/24", "--name", "gate")
    changed = run("report", "spring", "--json")
    found = json.loads(changed.stdout)["rules_version"]
    assert (found[0], len(found), found[1] == before) == (before, 2, False)
    assert changed.stderr == (
        f"some of these figures were judged by an earlier edition of the rules ({before});"
        " run `mailpixel rebuild --campaign spring` to judge all by the current one\n"
    )
    assert f"rules {before} and {found[1]}" in " ".join(words(run("report", "spring").stdout))
    assert "1 campaign(s) have figures judged by an earlier edition" in run("doctor").stdout
    run("rebuild", "--campaign", "spring")
    assert json.loads(run("report", "spring", "--json").stdout)["rules_version"] == found[1]
    assert "earlier edition" not in run("doctor").stdout


def test_rebuild_of_an_unknown_campaign_fails(run: Run) -> None:
    told = run("rebuild", "--campaign", "autumn")
    assert (told.exit_code, told.stdout) == (1, "")


# networks

ADDED = (
    "in force now, and in a running server within seconds; run `mailpixel rebuild` to judge past hits again"
)
GATE = {
    "prefix": "203.0.113.0/24",
    "name": "[bold]gate",
    "scope": "clicks",
    "certainty": "certain",
    "via": None,
    "kept_by": "operator",
    "in_force": True,
    "source": "",
    "date": "",
}


def test_networks_are_added_tested_and_removed(run: Run) -> None:
    added = run("networks", "add", "203.0.113.7/24", "--name", "[bold]gate", "--certainty", "certain")
    assert (added.exit_code, added.stdout, added.stderr) == (
        0,
        "",
        f"203.0.113.0/24 is {ADDED}; {OF_THEIR_DAY}\n",
    )
    told = run("networks", "test", "203.0.113.9", "--json")
    assert (json.loads(told.stdout), told.stderr) == (
        GATE,
        "a click from there is always treated as a machine\n",
    )
    table = words(run("networks", "test", "203.0.113.9").stdout)
    assert table[1] == "203.0.113.0/24 [bold]gate clicks certain operator yes"
    assert run("networks", "remove", "203.0.113.0/24").stderr == f"your entry is removed, {ADDED}; {STRUCK}\n"
    told = run("networks", "test", "203.0.113.9", "--json")
    no_entry = "no entry covers this address, so the network of a hit is not evidence\n"
    assert (told.stdout, told.stderr) == ("null\n", no_entry)


def test_a_built_in_network_is_disabled_replaced_and_restored(run: Run) -> None:
    def listed() -> dict[str, list[bool]]:
        found: dict[str, list[bool]] = {}
        for row in json.loads(run("networks", "list", "--json").stdout):
            if row["prefix"] == "40.107.0.0/16":
                found.setdefault(row["kept_by"], []).append(row["in_force"])
        return found

    assert listed() == {"shipped": [True]}
    assert "is disabled" in run("networks", "remove", "40.107.0.0/16").stderr
    assert listed() == {"shipped": [False]}
    assert run("networks", "remove", "40.107.0.0/16").exit_code == 1
    assert run("networks", "restore", "40.107.0.0/16").exit_code == 0
    assert run("networks", "restore", "40.107.0.0/16").exit_code == 1
    run("networks", "add", "40.107.0.0/16", "--name", "mine")
    assert listed() == {"operator": [True], "shipped": [False]}
    assert (
        "the built-in one for this network applies again" in run("networks", "remove", "40.107.0.0/16").stderr
    )
    assert (
        words(run("networks", "list").stdout)[0]
        == "prefix name scope certainty via kept_by in_force source date"
    )


def test_networks_say_whose_mailbox_fetches_images_from_there(run: Run) -> None:
    vias = {row["via"] for row in json.loads(run("networks", "list", "--json").stdout)}
    assert vias == {None, "microsoft"}
    told = run("networks", "test", "40.107.0.1")
    assert "certain microsoft shipped yes" in words(told.stdout)[1]


def test_an_address_of_the_senders_own_is_internal(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAILPIXEL_OPERATOR_NETWORKS", "192.0.2.0/24")
    told = run("networks", "test", "192.0.2.1")
    assert told.stderr == (
        "hits from there are your own (MAILPIXEL_OPERATOR_NETWORKS): internal, never counted\n"
    )


@pytest.mark.parametrize(
    ("arguments", "code", "field"),
    [
        (("add", "0.0.0.0/0", "--name", "n"), 2, "prefix"),
        (("add", "here", "--name", "n"), 2, "prefix"),
        (("add", "192.0.2.0/24", "--name", " "), 2, "name"),
        (("remove", "here"), 2, "prefix"),
        (("remove", "198.51.100.0/24"), 1, "there is no entry"),
        (("test", "here"), 2, "ADDRESS"),
    ],
)
def test_a_misuse_of_networks_is_one_line_that_names_the_field(
    run: Run, arguments: tuple[str, ...], code: int, field: str
) -> None:
    told = run("networks", *arguments)
    assert (told.exit_code, told.stdout) == (code, "")
    assert told.stderr.startswith(f"error: {field}")


def test_a_damaged_file_of_lists_is_named_and_stops_what_needs_it(run: Run, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "operator.json").write_text("{")
    told = run("agents", stdin="x\n")
    path = tmp_path / "data" / "operator.json"
    assert (told.exit_code, told.stdout) == (2, "")
    assert told.stderr == f"error: {path}: is not JSON; correct it or remove it\n"
