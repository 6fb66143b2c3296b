"""Makes the later from the earlier again: indexes from tables, states from events, counters from states."""

from functools import partial

from mailpixel.checks.checking import Check, Checked
from mailpixel.checks.findings import Kind
from mailpixel.classify import Rules, judge
from mailpixel.projections.rebuild import Rebuild, rebuild
from mailpixel.projections.site_rebuild import SiteRebuild
from mailpixel.store.registry import Registry
from mailpixel.store.store import Store


class Repair:
    """Repairs what a check found. The service may run meanwhile."""

    def __init__(self, check: Check, store: Store, registry: Registry, rules: Rules) -> None:
        self._check = check
        self._store = store
        self._registry = registry
        self._rules = rules

    def run(self, checked: Checked) -> Checked:
        """Repair, and check again. What differs then could not be repaired.

        Raises `StoreUnavailable`, and `Conflict` when erasures or rebuilds disturbed it.
        """
        if not checked.is_readable:
            return checked
        kinds = {each.kind for each in checked.differing}
        if Kind.INDEXES in kinds:
            self._check.file.repair_file()
        if Kind.POSITIONS in kinds:
            self._check.file.repair_positions()
        self._check.file.repair_cursors(checked.shifts)
        if kinds & {Kind.INDEXES, Kind.CURSORS}:
            checked = self._check.run()  # what they concealed
        self._repair_folded(checked)
        return self._check.run()

    def _repair_folded(self, checked: Checked) -> None:
        for campaign, recipients in checked.unnoted.items():
            self._check.cases.note_people(campaign, recipients)
        if checked.campaigns:
            how = Rebuild(edition=self._rules.version)
            rebuild(self._store, self._registry, partial(judge, rules=self._rules), checked.campaigns, how)
        if any(each.kind is Kind.CONSENTS for each in checked.differing):
            self._check.file.repair_consents(checked.people)
        for campaign, name in checked.cases:
            self._check.cases.forget_folded(campaign, name)
        again = SiteRebuild(self._store, self._registry, self._rules)
        for site in sorted({campaign.partition(":")[2] for campaign, _ in checked.cases}):
            again.of_site(site)
