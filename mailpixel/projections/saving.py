"""What both folds do with a message or case that cannot be read or saved: it is put aside, and all others go on."""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Generic, TypeVar

from mailpixel.errors import Conflict, StoreUnavailable
from mailpixel.model import Message
from mailpixel.store.consumers import News
from mailpixel.store.log import MessageReader, PutAside

LOGGED = 1_000
"""Most pairs of campaign and kind of error that are logged. More are only counted."""

log = logging.getLogger(__name__)

Folded = TypeVar("Folded")


class Saving(Generic[Folded]):
    """Saves what was folded, by `save`. `aside` makes what is put aside of one that the store cannot take.

    `sentence` is logged for each campaign and kind of error, and has a place for both.
    """

    def __init__(
        self,
        save: Callable[[Sequence[Folded | PutAside], News], None],
        aside: Callable[[Folded | PutAside, Exception], PutAside],
        sentence: str,
    ) -> None:
        self._save = save
        self._aside = aside
        self._sentence = sentence
        self._logged: set[tuple[str, str]] = set()

    def save(self, folded: Sequence[Folded | PutAside], news: News) -> None:
        """Save all. What the store cannot take is halved until one is left, which is put aside.

        The position moves with the last part. Raises `StoreUnavailable` and `Conflict` as `save` does.
        """
        try:
            self._save(folded, news)
        except (StoreUnavailable, Conflict):
            raise
        except Exception as error:
            if len(folded) > 1:
                half = len(folded) // 2
                self.save(folded[:half], replace(news, position=news.since))
                self.save(folded[half:], news)
                return
            folded = [self._aside(each, error) for each in folded]
            self._save(folded, news)
        self._log(each for each in folded if isinstance(each, PutAside))

    def _log(self, aside: Iterable[PutAside]) -> None:
        """Log that something was put aside, once for each campaign and kind of error."""
        kinds = {(each.campaign, each.error) for each in aside}
        for kind in sorted(kinds - self._logged):
            if len(self._logged) < LOGGED:
                self._logged.add(kind)
                log.error(self._sentence, *kind)


def read_again(store: MessageReader, aside: PutAside) -> Message | PutAside:
    """The whole message that was put aside; the same if it cannot be read. Raises `StoreUnavailable`."""
    try:
        return store.message(aside.campaign, aside.recipient)
    except StoreUnavailable:
        raise
    except Exception as error:
        return PutAside(aside.campaign, aside.recipient, type(error).__name__)
