"""Kept mails in memory."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import replace

from mailpixel.model import Campaign
from mailpixel.store.campaign_changes import to_the_millisecond
from mailpixel.store.mails import KeptMail


class MemoryMails:
    """The `Mails` of a registry in memory."""

    def __init__(self) -> None:
        super().__init__()
        self._mails: dict[str, KeptMail] = {}

    @abstractmethod
    def campaign(self, id: str) -> Campaign:
        """One campaign. Raises `NotFound`."""

    def keep_mail(self, mail: KeptMail) -> None:
        """See `Mails`."""
        self.campaign(mail.campaign)
        at = to_the_millisecond(mail.registered_at) or mail.registered_at
        self._mails[mail.campaign] = replace(mail, registered_at=at)

    def kept_mail(self, campaign: str) -> KeptMail | None:
        """See `Mails`."""
        return self._mails.get(self.campaign(campaign).id)

    def drop_mail(self, campaign: str) -> None:
        """See `Mails`."""
        self._mails.pop(self.campaign(campaign).id, None)

    def campaigns_with_mail(self) -> Sequence[str]:
        """See `Mails`."""
        return sorted(self._mails)
