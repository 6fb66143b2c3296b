"""Reports on a campaign by what is in force: the rules, the modes, and what its signers counted."""

from collections.abc import Sequence
from dataclasses import dataclass

from mailpixel.classify import Rules
from mailpixel.model import Campaign
from mailpixel.modes import Modes
from mailpixel.privacy.resolve import Policy, ceiling
from mailpixel.report.counts import known_of
from mailpixel.report.links import LinkRow, link_rows
from mailpixel.report.signed_people import signed_people
from mailpixel.report.summary import Summary, summarise
from mailpixel.report.timeline import Timeline, TimelineWindow, timeline_of
from mailpixel.store.campaigns import LinkRevision
from mailpixel.store.projections import Figures, ReadProjections
from mailpixel.store.signings import Signings


@dataclass(frozen=True, slots=True)
class Reporting:
    """Makes reports by the policy and the rules in force.

    Nothing else joins reports with the policy: where nobody may be recorded by name, numbers of people are not known.
    """

    signings: Signings
    policy: Policy
    rules: Rules

    def ceiling(self, campaign: Campaign) -> Modes:
        """The most that may be recorded of anybody in a campaign."""
        return ceiling(self.policy, campaign)

    def summary(self, campaign: Campaign, figures: Figures) -> Summary:
        """The summary of a campaign."""
        signed = signed_people(self.signings.signings(campaign.id))
        return summarise(campaign, figures, self.rules.version, signed, self.ceiling(campaign))

    def links(
        self, campaign: Campaign, figures: Figures, revisions: Sequence[LinkRevision]
    ) -> tuple[LinkRow, ...]:
        """The links of a campaign with their former destinations."""
        return link_rows(campaign, figures, revisions, self.ceiling(campaign))

    def timeline(
        self, store: ReadProjections, campaign: Campaign, figures: Figures, asked: TimelineWindow
    ) -> Timeline:
        """The timeline of a campaign. Raises `InvalidInput` for a bad bucket, time zone or window."""
        known = known_of(self.ceiling(campaign), figures.totals)
        return timeline_of(store, campaign.id, asked, known)
