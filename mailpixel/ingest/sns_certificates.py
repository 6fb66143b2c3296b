"""Fetches from Amazon SNS: the certificates of its signatures, and the confirmation of a subscription.

Both addresses were checked to be of SNS. No redirect is followed, no proxy of the environment is used, and the size
and the time are bounded.
"""

import time
import urllib.error
import urllib.request
from collections import OrderedDict
from collections.abc import Callable

FETCH_S = 10.0
MOST_BYTES = 65_536
KEPT, KEPT_S = 16, 86_400.0
"""How many certificates are kept, and for how many seconds."""


HANDLERS = (
    urllib.request.HTTPSHandler,
    urllib.request.HTTPErrorProcessor,
    urllib.request.HTTPDefaultErrorHandler,
)
"""https alone: nothing that follows a redirect or reads a proxy from the environment."""


def fetch(url: str) -> bytes:
    """The bytes at an https address, at most 64 KiB. Raises `OSError`."""
    if not url.startswith("https://"):
        raise OSError("only https is fetched")
    opener = urllib.request.OpenerDirector()
    for handler in HANDLERS:
        opener.add_handler(handler())
    try:
        with opener.open(url, timeout=FETCH_S) as answer:
            found: bytes = answer.read(MOST_BYTES + 1)
    except urllib.error.HTTPError as error:
        error.close()
        raise OSError(f"the address answered with status {error.code}") from None
    except ValueError as error:
        raise OSError("the address did not answer as expected") from error
    if len(found) > MOST_BYTES:
        raise OSError("the answer is too large")
    return found


class Certificates:
    """Certificates by address, each fetched once a day. Several threads may ask at once."""

    def __init__(
        self, load: Callable[[str], bytes] = fetch, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._load = load
        self._clock = clock
        self._kept: OrderedDict[str, tuple[float, bytes]] = OrderedDict()

    def at(self, url: str) -> bytes:
        """The certificate at an address. Raises `OSError`."""
        kept = self._kept.get(url)
        if kept is not None and self._clock() - kept[0] < KEPT_S:
            return kept[1]
        certificate = self._load(url)
        self._kept[url] = (self._clock(), certificate)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return certificate
