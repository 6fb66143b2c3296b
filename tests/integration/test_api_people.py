"""Single people over the API: what is stored, opting out, erasing one and many."""

import json

import pytest

from mailpixel.store.erasures import Worker
from tests.support.api import NDJSON, Api
from tests.support.builders import an_open


def test_everything_of_a_person_is_shown_and_erased(history: Api) -> None:
    shown = history.ask("GET", "/api/people/r-1", "privacy").json()
    assert (shown["recipient"], shown["erased"], len(shown["events"])) == ("r-1", False, 3)
    assert history.ask("POST", "/api/people/r-1/optout", "privacy").status_code == 204
    assert history.registry.is_opted_out("r-1")
    done = history.ask("DELETE", "/api/people/r-1", "privacy")
    proof = done.json()
    assert (done.status_code, proof["events"], proof["bytes_found"], proof["pending"]) == (200, 4, 0, False)
    assert "r-1" not in done.text
    shown = history.ask("GET", "/api/people/r-1", "privacy").json()
    assert (shown["erased"], shown["events"], len(shown["consents"])) == (True, [], 1)


def test_somebody_unknown_gets_the_same_answers(history: Api) -> None:
    known, unknown = (history.ask("GET", f"/api/people/{id}", "privacy").json() for id in ("r-1", "r-9"))
    assert (known.keys(), unknown["events"]) == (unknown.keys(), [])
    known, unknown = (history.ask("DELETE", f"/api/people/{id}", "privacy") for id in ("r-1", "r-9"))
    assert (known.status_code, known.json().keys()) == (unknown.status_code, unknown.json().keys())


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/people/r-1"),
        ("DELETE", "/api/people/r-1"),
        ("POST", "/api/people/r-1/optout"),
        ("POST", "/api/erasures"),
    ],
)
@pytest.mark.parametrize("key", ["read", "write"])
def test_only_a_key_for_privacy_is_enough(history: Api, method: str, path: str, key: str) -> None:
    assert history.error(method, path, key)[:2] == (403, "forbidden")
    assert len(list(history.store.person("r-1"))) == 1


def test_a_key_for_privacy_reads_and_sets_nothing_up(history: Api) -> None:
    assert history.ask("GET", "/api/campaigns/spring/summary", "privacy").status_code == 200
    assert history.error("POST", "/api/campaigns", "privacy", json={})[0] == 403


def test_an_address_is_no_recipient(history: Api) -> None:
    assert history.error("DELETE", "/api/people/ann@example.com", "privacy")[:2] == (422, "invalid_input")
    answer = history.error("POST", "/api/erasures", "privacy", json={"recipient": "ann@example.com"})
    assert answer == (422, "invalid_input", "recipient")


def test_many_people_are_erased_at_once_and_faulty_lines_are_named(history: Api) -> None:
    history.store.append([an_open(200 + n, recipient=f"member-{n}") for n in range(250)])
    lines = [json.dumps({"recipient": f"member-{n}"}) for n in range(250)]
    body = "\n".join([*lines, '{"recipient": "ann@example.com"}', "nonsense"])
    answer = history.ask("POST", "/api/erasures", "privacy", content=body, headers=NDJSON)
    *faults, proof = [json.loads(line) for line in answer.text.splitlines()]
    assert [(fault["row"], fault["error"]["field"]) for fault in faults] == [
        (251, "recipient"),
        (252, "line"),
    ]
    assert (proof["people"], proof["events"], proof["pending"]) == (250, 250, False)
    assert "member-" not in answer.text


def test_one_person_is_erased_by_a_json_body_and_the_proof_can_be_seen_again(history: Api) -> None:
    proof = history.ask("POST", "/api/erasures", "privacy", json={"recipient": "r-1"}).json()
    assert (proof["people"], proof["events"]) == (1, 3)
    assert history.ask("GET", f"/api/erasures/{proof['id']}", "privacy").json() == proof
    assert history.error("GET", "/api/erasures/none", "privacy")[:2] == (404, "not_found")


def test_a_list_without_anybody_erases_nobody(history: Api) -> None:
    answer = history.ask("POST", "/api/erasures", "privacy", content="nonsense", headers=NDJSON)
    assert [json.loads(line)["row"] for line in answer.text.splitlines()] == [1]
    assert history.registry.unfinished_erasures() == []


def test_the_service_says_what_it_knows(history: Api) -> None:
    history.ask("DELETE", "/api/people/r-1", "privacy")
    [worker] = history.registry.workers()
    assert isinstance(worker, Worker)
    assert worker.revision == history.registry.news(1 << 62).revision


def test_hits_of_an_erased_person_are_left_out_and_their_links_work(history: Api) -> None:
    answer = history.ask("POST", "/api/campaigns/spring/mint", "write", json={"recipient": "r-1"}).json()
    history.ask("DELETE", "/api/people/r-1", "privacy")
    links = [answer[name].removeprefix("https://t.example") for name in ("pixel_url", "link_1")]
    assert [history.client.get(link, follow_redirects=False).status_code for link in links] == [200, 302]
    report = {"recipient": "r-1", "delivered_at": "2026-09-21T14:13:21Z"}
    history.ask("POST", "/api/campaigns/spring/deliveries", "write", json=report)
    assert list(history.store.person("r-1")) == []


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [("DELETE", "/api/people/r-1/consents", "GET"), ("GET", "/api/people/r-1/optout", "POST")],
)
def test_a_method_that_a_path_does_not_take_is_never_given_to_a_wider_path(
    history: Api, method: str, path: str, allowed: str
) -> None:
    answer = history.ask(method, path, "privacy")
    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)
    assert history.ask("GET", "/api/people/r-1", "privacy").json()["events"] != []
