"""What serves each surface that takes hits: mail's tracking, and that of web sites."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any, Protocol

from mailpixel.ingest.group import Decide, SendAnswer
from mailpixel.links.surfaces import Surface
from mailpixel.server.replies import Reply
from mailpixel.server.request_reader import TrackingRequest


class Server(Protocol):
    """Answers the requests on some surfaces. Both doors, `protocol` and `tracking_first`, use it alike."""

    fresh_look: Callable[[], Awaitable[None]]
    """Waits until earlier changes by other processes are known."""

    @property
    def unsure(self) -> Collection[str]:
        """Outcomes that a fresh look may change."""
        ...

    def answer(self, request: TrackingRequest, now_ms: int) -> tuple[Reply, Any]:
        """The answer to one request, and a receipt with its `outcome`. No I/O, no clock."""
        ...

    def gather(self, decide: Decide) -> None:
        """Call `decide` soon, with those of other requests that wait: see `Committer.gather`."""
        ...

    def take(self, surface: Surface, receipt: Any, answer: SendAnswer) -> None:
        """Log or count the receipt, then send the answer: `answer` is called once, perhaps at once."""
        ...


Serving = Mapping[Surface, Server]
