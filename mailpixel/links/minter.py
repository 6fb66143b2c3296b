"""Everything that one campaign needs to make its URLs: keys, a public address and a campaign id, bound together."""

from collections.abc import Callable
from functools import lru_cache, partial

from mailpixel.claims import Claims, TokenKind, check_link_number, modes_in_token
from mailpixel.links.keyring import Keyring, pseudonym
from mailpixel.links.token import SERIES_KEPT, Series, TokenSigner
from mailpixel.links.urls import check_base_url, click_url, merge_click_url, optout_url, pixel_url
from mailpixel.modes import Mode, Modes


class Minter:
    """Mints the URLs of one campaign. With `preview`, hits on them count as the sender's own.

    Any thread may call it, and it can be pickled for another process: with its keys. Raises `InvalidInput` for a base
    URL or campaign id out of bounds; its methods for a recipient or a link.
    """

    def __init__(self, keyring: Keyring, base_url: str, campaign: str, *, preview: bool = False) -> None:
        self.base_url = check_base_url(base_url)
        self.campaign = campaign
        self._preview = preview
        self._keyring = keyring
        self._signer = TokenSigner(keyring)
        self._kept = lru_cache(SERIES_KEPT)(self.series)
        self._kept(TokenKind.OPEN, None, None)  # refuses a bad campaign id now

    def __reduce__(self) -> tuple[Callable[..., "Minter"], tuple[Keyring, str, str]]:
        """What it was made of: the state of a hash cannot be pickled."""
        return partial(Minter, preview=self._preview), (self._keyring, self.base_url, self.campaign)

    def series(self, kind: TokenKind, link: int | None = None, modes: Modes | None = None) -> Series:
        """The signer of one kind of token, or of one link, for many recipients.

        The tokens carry what concerns their kind of the modes; without modes they have the first form.
        """
        said = modes_in_token(kind, modes)
        return self._signer.series(Claims(kind, self.campaign, "", link, None, self._preview, said))

    def pseudonym(self, address: str) -> str:
        """The recipient id that stands for an address. Raises `InvalidInput`."""
        return pseudonym(self._keyring, address)

    def token(self, recipient: str, modes: Modes | None = None) -> str:
        """The merge-field token: one per recipient, good for the pixel and every registered link.

        By modes that name nobody it is that of the campaign. Where even counting is not allowed of opens or of clicks,
        it is that of a preview of the campaign: its links lead on, and nothing is counted.
        """
        if names_somebody(modes):
            return self._kept(TokenKind.MESSAGE, None, modes_in_token(TokenKind.MESSAGE, modes)).token(
                recipient
            )
        return self.campaign_token(counted=modes is not None and min(modes) >= Mode.AGGREGATE)

    def campaign_token(self, *, counted: bool = True) -> str:
        """The token that is the same in every mail of the campaign: its hits are nobody's, and counted or not."""
        preview = self._preview or not counted
        return self._signer.sign(Claims(TokenKind.CAMPAIGN, self.campaign, "", preview=preview))

    def pixel(self, recipient: str, modes: Modes | None = None) -> str:
        """The URL of the recipient's pixel; empty where the modes allow none."""
        if modes is not None and modes.opens < Mode.DELIVERABILITY:
            counted = modes.opens is Mode.AGGREGATE
            return pixel_url(self.base_url, self.campaign_token()) if counted else ""
        series = self._kept(TokenKind.OPEN, None, modes_in_token(TokenKind.OPEN, modes))
        return pixel_url(self.base_url, series.token(recipient))

    def link(self, recipient: str, number: int, modes: Modes | None = None) -> str:
        """The URL that leads the recipient to the campaign's link with this number.

        It is empty where the modes allow none: then the mail has the destination itself.
        """
        check_link_number(number)
        if modes is not None and modes.clicks < Mode.INDIVIDUAL:
            counted = modes.clicks >= Mode.AGGREGATE
            return merge_click_url(self.base_url, self.campaign_token(), number) if counted else ""
        series = self._kept(TokenKind.CLICK, number, modes_in_token(TokenKind.CLICK, modes))
        return click_url(self.base_url, series.token(recipient))

    def link_to(self, recipient: str, destination: str, modes: Modes | None = None) -> str:
        """A URL that carries its destination, for a link that no other recipient has.

        It is the destination itself where the modes do not allow to name the recipient.
        """
        if modes is not None and modes.clicks < Mode.INDIVIDUAL:
            return destination
        said = modes_in_token(TokenKind.CLICK, modes)
        claims = Claims(TokenKind.CLICK, self.campaign, recipient, None, destination, self._preview, said)
        return click_url(self.base_url, self._signer.sign(claims))

    def merge_link(self, recipient: str, number: int) -> str:
        """The URL of a registered link by the recipient's merge-field token."""
        return merge_click_url(self.base_url, self.token(recipient), number)

    def optout(self, recipient: str) -> str:
        """The URL of the page where the recipient can ask not to be tracked, by the merge-field token."""
        return optout_url(self.base_url, self.token(recipient))

    def choice(self, recipient: str) -> str:
        """The URL of the page where the recipient decides about measurement. It is no tracking URL."""
        return optout_url(self.base_url, self._kept(TokenKind.CHOICE, None, None).token(recipient))


def names_somebody(modes: Modes | None) -> bool:
    """Whether a recipient's merge-field token must name the recipient, by these modes."""
    return modes is None or modes.opens >= Mode.DELIVERABILITY or modes.clicks >= Mode.INDIVIDUAL
