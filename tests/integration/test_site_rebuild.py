"""Folding a site again: what changes is said, nothing is lost, and what is erased meanwhile does not come back."""

import json
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mailpixel.classify import KnownAgent, Rules
from mailpixel.cli import cli
from mailpixel.errors import Conflict
from mailpixel.model import Verdict
from mailpixel.privacy.site_dropping import SiteDropping
from mailpixel.projections.site_fold import fold_case
from mailpixel.projections.site_rebuild import SiteDifference, SiteRebuild
from mailpixel.site_model import SITE_CASES, Site, Visit
from mailpixel.store.consumers import News
from mailpixel.store.log import PutAside
from mailpixel.store.memory import MemoryRegistry
from mailpixel.store.site_projections import SITE_FOLD, VisitState
from mailpixel.store.sqlite import SqliteStore
from mailpixel.store.store import Store
from tests.support.builders import at_ms
from tests.support.shop import A_SITE, RULES, Shop, fold_sites
from tests.support.site_cases import AGREED, SITE, a_purchase, a_refund, a_step, bought

STRICT = Rules(agents=(KnownAgent("chrome/151", Verdict.BOT),))
NOTHING = SiteDifference(SITE)


def rebuilt(store: Store, rules: Rules = RULES, dry_run: bool = False) -> SiteDifference:
    registry = MemoryRegistry()
    registry.add_site(A_SITE)
    return SiteRebuild(store, registry, rules, dry_run=dry_run).of_site(SITE)


def a_shop(store: Store) -> Shop:
    events = [a_step(1), a_step(60), *bought(90), a_purchase(95, recipient="r-1", consent=AGREED)]
    return Shop(store).receive([*events, a_step(5, visitor="other"), a_refund(99), a_purchase(9, "A-2")])


def everything(store: Store) -> list[object]:
    return [*store.visits(SITE), *store.orders(SITE), *store.named_of("r-1")]


def test_nothing_changes_when_rules_and_log_are_the_same(store: Store) -> None:
    shop = a_shop(store)
    before = everything(shop.store)
    assert (rebuilt(store, dry_run=True), rebuilt(store), everything(store)) == (NOTHING, NOTHING, before)


def test_a_dry_run_says_what_would_change_and_changes_nothing(store: Store) -> None:
    shop = a_shop(store)
    before = everything(shop.store)
    difference = rebuilt(store, STRICT, dry_run=True)
    assert difference == SiteDifference(SITE, visits=2, moves={("human (default)", "bot (declared)"): 2})
    assert everything(store) == before
    assert rebuilt(store, STRICT) == difference
    assert {visit.verdict for visit in store.visits(SITE)} == {Verdict.BOT}


def test_what_was_lost_is_folded_from_the_log(store: Store) -> None:
    store.append([a_step(1), a_purchase(2)])
    assert rebuilt(store) == SiteDifference(
        SITE, visits=1, orders=1, moves={("", "human (default)"): 1}, money={"EUR": (0, 2_000)}
    )
    assert (len(list(store.visits(SITE))), Shop(store).money()) == (1, {"EUR": 2_000})
    assert fold_sites(store) == 2
    assert rebuilt(store) == NOTHING


def test_cases_that_are_not_logged_any_more_are_forgotten(store: Store) -> None:
    shop = a_shop(store)
    gone = Visit(SITE, "gone", 1, 2, Verdict.HUMAN, "default")
    since = store.consumer(SITE_FOLD, cases=SITE_CASES).news(0).since
    store.save_site([VisitState(gone, 1)], News(since, since, ()))
    before = [each for each in everything(shop.store) if each != gone]
    assert rebuilt(store) == SiteDifference(SITE, gone=1)
    assert everything(store) == before


class Meanwhile(MemoryRegistry):
    """A registry that is asked for a site between reading and saving, and lets something happen there."""

    def __init__(self, happens: Callable[[], object]) -> None:
        super().__init__()
        self.add_site(A_SITE)
        self._waiting = [happens]

    def site(self, id: str) -> Site:
        if self._waiting:
            self._waiting.pop()()
        return super().site(id)


def rebuilt_while(store: Store, happens: Callable[[], object], rules: Rules = RULES) -> SiteDifference:
    """Rebuild, while something happens after the first cases were read."""
    return SiteRebuild(store, Meanwhile(happens), rules).of_site(SITE)


def test_what_grows_too_old_meanwhile_does_not_come_back(store: Store) -> None:
    a_shop(store)
    views = {"views.human": 3, "visits.human": 2}
    difference = rebuilt_while(store, lambda: store.forget_site_past(at_ms(5_000)), STRICT)
    assert (difference, everything(store), list(store.messages(A_SITE.visits))) == (NOTHING, [], [])
    assert [dict(day) for day in store.kept_page_views(SITE).values()] == [views]


def test_a_case_is_never_stored_without_anything_logged_of_it(store: Store) -> None:
    """Even a rebuild that is killed at once leaves nothing that retention removed."""
    a_shop(store)
    since = store.consumer(SITE_FOLD, cases=SITE_CASES).news(0).since
    read = [store.message(A_SITE.visits, "other"), store.message(A_SITE.orders, "A-2")]
    store.forget_site_past(at_ms(5_000))
    for folded in [
        *map(partial(fold_case, rules=RULES), read),
        PutAside(A_SITE.visits, "other", "ValueError"),
    ]:
        with pytest.raises(Conflict, match="too old"):
            store.save_site([folded], News(since, since, ()), again=True)
    assert (everything(store), store.site_cases_aside()) == ([], [])


def test_what_loses_its_details_meanwhile_is_as_the_log_says_then(store: Store) -> None:
    a_shop(store)
    dropping = SiteDropping(store, lambda: RULES)
    rebuilt_while(store, lambda: dropping.round(at_ms(5_000), 500), STRICT)
    assert {visit.verdict for visit in store.visits(SITE)} == {Verdict.HUMAN}
    assert rebuilt(store, STRICT) == NOTHING


def test_a_case_that_was_put_aside_is_tried_again(store: Store) -> None:
    a_shop(store)
    since = store.consumer(SITE_FOLD, cases=SITE_CASES).news(0).since
    store.save_site([PutAside(f"site:{SITE}", "other", "ValueError")], News(since, since, ()))
    rebuilt(store)
    assert store.site_cases_aside() == []


def test_a_difference_is_json(store: Store) -> None:
    a_shop(store)
    assert rebuilt(store, STRICT).to_json() == {
        "site": SITE,
        "visits": 2,
        "orders": 0,
        "gone": 0,
        "aside": 0,
        "moves": [{"before": "human (default)", "after": "bot (declared)", "visits": 2}],
        "money": [],
    }


def test_the_commands_explain_count_and_fold_again(tmp_path: Path) -> None:
    def run(*arguments: str) -> Result:
        return CliRunner().invoke(cli, ["--data", str(tmp_path), *arguments])

    assert run("site", "add", SITE, "--host", "shop.example").exit_code == 0
    with closing(SqliteStore(tmp_path / "mailpixel.db")) as store:
        a_shop(store)
    explained = json.loads(run("explain", f"site:{SITE}", "visitor-of-a-day-00001", "--json").stdout)
    assert (explained["verdict"], explained["rule"], explained["recipient"], len(explained["steps"])) == (
        "human",
        "default",
        "r-1",
        3,
    )
    assert "human (default)" in run("site", "explain", SITE, "visitor-of-a-day-00001").output
    missing = run("site", "explain", SITE, "nobody")
    assert (missing.exit_code, "nothing is logged" in missing.output) == (1, True)
    (day,) = json.loads(run("site", "visits", SITE, "--json").stdout)
    assert (day["human"], day["machine"], day["internal"]) == (2, 0, 0)
    folded = run("rebuild", "--site", SITE, "--json")
    assert (folded.exit_code, "1 site(s) folded, 0 changed" in folded.output) == (0, True)
    assert "1 site(s) folded" in run("rebuild").output
    both = run("rebuild", "--site", SITE, "--campaign", "spring")
    assert both.exit_code == 2
