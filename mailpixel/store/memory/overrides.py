"""What does not count before sending, in memory."""

from abc import abstractmethod
from collections.abc import Sequence

from mailpixel.model import Campaign
from mailpixel.store.campaign_changes import to_the_millisecond
from mailpixel.store.overrides import Override


class MemoryOverrides:
    """`Overrides` in memory: a part of a registry, which knows the campaigns."""

    def __init__(self) -> None:
        super().__init__()
        self._overrides: dict[tuple[str, str], Override] = {}

    @abstractmethod
    def campaign(self, id: str) -> Campaign:
        """See `Registry`."""

    def overrides(self, campaign: str) -> Sequence[Override]:
        """See `Overrides`."""
        return [each for (of, _), each in sorted(self._overrides.items()) if of == campaign]

    def override(self, campaign: str, override: Override) -> None:
        """See `Overrides`."""
        self.campaign(campaign)
        at = to_the_millisecond(override.at) or override.at
        self._overrides[campaign, override.reason] = override._replace(at=at)

    def drop_override(self, campaign: str, reason: str) -> None:
        """See `Overrides`."""
        self._overrides.pop((self.campaign(campaign).id, reason), None)

    def _forget_overrides(self, campaign: str) -> None:
        """Forget those of a deleted campaign."""
        self._overrides = {key: each for key, each in self._overrides.items() if key[0] != campaign}
