"""The operator's choice of privacy in memory."""

from dataclasses import replace

from mailpixel.store.privacy_choice import PrivacyChoice


class MemoryPrivacyChoices:
    """`PrivacyChoices` in memory. `legacy` is that of a new folder."""

    def __init__(self) -> None:
        super().__init__()
        self._privacy = PrivacyChoice()

    def privacy_choice(self) -> PrivacyChoice:
        """See `PrivacyChoices`."""
        return self._privacy

    def choose_privacy(self, mode: str, unknown: str) -> None:
        """See `PrivacyChoices`."""
        former = self._privacy
        self._privacy = replace(former, mode=mode or former.mode, unknown=unknown or former.unknown)
