"""All checks of a data folder, from the file up: each kind is made of those before it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

from mailpixel.checks.findings import Finding, Kind
from mailpixel.checks.messages import CheckedCampaign
from mailpixel.checks.sites import case_fits
from mailpixel.classify import Rules, judge
from mailpixel.classify.rules import VISIT_EDITION, VISIT_EDITIONS
from mailpixel.model import Message
from mailpixel.projections.known_campaigns import KnownCampaigns
from mailpixel.projections.message_state import fold_or_put_aside
from mailpixel.projections.site_fold import KnownHosts, fold_case_or_put_aside
from mailpixel.site_model import ORDER_PREFIX, SITE_PREFIX
from mailpixel.store.log import PutAside
from mailpixel.store.projections import Folded
from mailpixel.store.registry import Registry
from mailpixel.store.sqlite.checked_cases import CheckedCases
from mailpixel.store.sqlite.checked_file import CheckedFile, Counted, Shift
from mailpixel.store.sqlite.database import Database


@dataclass(slots=True)
class Checked:
    """What was found, and what a repair needs: names that are not printed."""

    findings: list[Finding] = field(default_factory=list)
    shifts: Sequence[Shift] = ()
    campaigns: list[str] = field(default_factory=list)
    unnoted: dict[str, list[str]] = field(default_factory=dict)
    people: Sequence[int] = ()
    cases: list[tuple[str, str]] = field(default_factory=list)

    def note(self, kind: Kind, counted: Counted) -> None:
        """Add a finding."""
        self.findings.append(Finding(kind, *counted))

    @property
    def differing(self) -> Sequence[Finding]:
        """The kinds of which something differs."""
        return [each for each in self.findings if each.differ]

    @property
    def is_readable(self) -> bool:
        """Whether the file could be read as a whole: otherwise nothing after it was checked."""
        return not any(each.kind is Kind.FILE for each in self.differing)


class Check:
    """Checks one data folder. `spool` counts its files and those with damage.

    `between` is called after each campaign and site.
    """

    def __init__(
        self,
        database: Database,
        registry: Registry,
        rules: Rules,
        spool: Callable[[], Counted] = Counted,
        between: Callable[[], object] = lambda: None,
    ) -> None:
        self.file = CheckedFile(database)
        self.cases = CheckedCases(database)
        self._registry = registry
        self._rules = rules
        self._spool = spool
        self._between = between

    def run(self) -> Checked:
        """All checks. Raises `StoreUnavailable` when the file cannot be used."""
        checked = Checked()
        state = self.file.file()
        checked.note(Kind.FILE, Counted(1, 0 if state.only_indexes else state.problems))
        checked.note(Kind.INDEXES, Counted(1, state.problems if state.only_indexes else 0))
        if not checked.is_readable:
            return checked
        self._check_log(checked)
        self._check_campaigns(checked)
        self._check_consents(checked)
        self._check_sites(checked)
        return checked

    def _check_log(self, checked: Checked) -> None:
        checked.note(Kind.REFERENCES, self.file.references())
        checked.note(Kind.SPOOL, self._spool())
        checked.note(Kind.POSITIONS, self.file.positions())
        checked.shifts = self.file.cursors()
        checked.note(Kind.CURSORS, Counted(self.file.consumers(), len(checked.shifts)))

    def _check_consents(self, checked: Checked) -> None:
        counted, checked.people = self.file.consents()
        checked.note(Kind.CONSENTS, counted)

    def _check_campaigns(self, checked: Checked) -> None:
        sums = dict.fromkeys((Kind.STATES, Kind.COUNTERS, Kind.DAYS, Kind.PEOPLE), Counted())
        waiting = self._waiting()
        for id in self.cases.campaigns():
            campaign, (counters, days) = self._campaign(id, id in waiting), self.file.counters(id)
            if campaign.differ and id not in waiting and id in (waiting := self._waiting()):
                campaign = self._campaign(id, True)  # it began to wait meanwhile
            found = {
                Kind.STATES: Counted(campaign.messages, campaign.differ),
                Kind.COUNTERS: counters,
                Kind.DAYS: days,
                Kind.PEOPLE: Counted(campaign.messages, len(campaign.unnoted)),
            }
            sums = {
                kind: Counted(*map(sum, zip(sums[kind], each, strict=True))) for kind, each in found.items()
            }
            if campaign.differ or counters.differ or days.differ:
                checked.campaigns.append(id)
            if campaign.unnoted:
                checked.unnoted[id] = campaign.unnoted
            self._between()
        for kind, counted in sums.items():
            checked.note(kind, counted)

    def _waiting(self) -> frozenset[str]:
        """The campaigns that wait to be judged again."""
        return frozenset({*self._registry.stale(), *self._registry.relinked()})

    def _campaign(self, id: str, changing: bool) -> CheckedCampaign:
        known, judged = KnownCampaigns(self._registry), partial(judge, rules=self._rules)

        def fold(message: Message | PutAside) -> Folded:
            return fold_or_put_aside(message, judged, known)

        number, edition = self.cases.rules()
        edition_now = number if edition == self._rules.version else -1
        campaign = CheckedCampaign(id, fold, edition_now, changing)
        for message in self.cases.messages(id):
            campaign.add(message)
        return campaign

    def _check_sites(self, checked: Checked) -> None:
        prefixes = {Kind.VISITS: SITE_PREFIX, Kind.ORDERS: ORDER_PREFIX}
        sums = dict.fromkeys(prefixes, Counted())
        for site in self.cases.sites():
            for kind, prefix in prefixes.items():
                names = list(self._differing(prefix + site))
                wrong = [(prefix + site, name) for name, fits in names if not fits]
                sums[kind] = Counted(sums[kind].checked + len(names), sums[kind].differ + len(wrong))
                checked.cases += wrong
            self._between()
        for kind, counted in sums.items():
            checked.note(kind, counted)

    def _differing(self, campaign: str) -> Iterator[tuple[str, bool]]:
        """The name of each case, and whether it fits."""
        number, edition = self.cases.rules()
        now = number * VISIT_EDITIONS + VISIT_EDITION if edition == self._rules.version else -1
        fold = partial(fold_case_or_put_aside, rules=self._rules, hosts=KnownHosts(self._registry))
        for case in self.cases.cases(campaign):
            yield case.name, case_fits(case, fold, now)
