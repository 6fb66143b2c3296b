"""The operator's choice of privacy in memory."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from mailpixel.model import Campaign
from mailpixel.store.privacy_choice import PrivacyChoice, StatedMode
from mailpixel.times import to_ms


class MemoryPrivacyChoices:
    """`PrivacyChoices` in memory. `legacy` is that of a new folder."""

    _campaigns: Mapping[str, Campaign]

    def __init__(self) -> None:
        super().__init__()
        self._privacy = PrivacyChoice()

    def privacy_choice(self) -> PrivacyChoice:
        """See `PrivacyChoices`."""
        return self._privacy

    def choose_privacy(self, mode: str, unknown: str, now_ms: int) -> None:
        """See `PrivacyChoices`."""
        self._privacy = self._privacy.chosen(mode, unknown, now_ms)

    def stated_modes(self) -> Sequence[StatedMode]:
        """See `PrivacyChoices`."""
        since: defaultdict[str, list[int | None]] = defaultdict(list)
        for campaign in list(self._campaigns.values()):
            if campaign.mode is not None:
                moment = campaign.mode_since
                since[campaign.mode.text].append(None if moment is None else to_ms(moment))
        return [StatedMode(mode, len(moments), _first(moments)) for mode, moments in sorted(since.items())]


def _first(moments: Sequence[int | None]) -> int | None:
    known = [moment for moment in moments if moment is not None]
    return min(known) if len(known) == len(moments) else None
