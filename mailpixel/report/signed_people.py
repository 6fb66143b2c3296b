"""How many recipients were signed for by name, and why others were not: what the signers counted."""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from mailpixel.modes import Untracked
from mailpixel.store.signings import Signed


class SignedPeople(NamedTuple):
    """Recipients of a campaign who are not recorded by name, as its signers counted them.

    `opens` and `clicks` are those whose opens or clicks are not; `only_opens` and `only_clicks` those of them whose
    other purpose is. `by_reason` counts those of the purpose that more people lack.
    """

    opens: int
    clicks: int
    only_opens: int
    only_clicks: int
    by_reason: dict[str, int]


def signed_people(signed: Iterable[Signed]) -> SignedPeople | None:
    """The sum of all runs; None when no signer counted."""
    rows = [(each.treatment, each.number) for each in signed]
    if not rows:
        return None
    opens, clicks = Counter[Untracked](), Counter[Untracked]()
    only_opens = only_clicks = 0
    for treatment, number in rows:
        if treatment.opens is not None:
            opens[treatment.opens] += number
            only_opens += number if treatment.clicks is None else 0
        if treatment.clicks is not None:
            clicks[treatment.clicks] += number
            only_clicks += number if treatment.opens is None else 0
    most = max(opens, clicks, key=Counter.total)
    by_reason = {why.value: most[why] for why in Untracked}
    return SignedPeople(opens.total(), clicks.total(), only_opens, only_clicks, by_reason)
