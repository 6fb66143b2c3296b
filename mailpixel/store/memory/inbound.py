"""Sources of delivery reports in memory."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from threading import RLock

from mailpixel.errors import Conflict, NotFound
from mailpixel.store.inbound import InboundPosts, InboundSource


class MemoryInbound:
    """See `InboundSources`. Any thread may call it."""

    def __init__(self) -> None:
        super().__init__()
        self._inbounds: dict[str, InboundSource] = {}
        self._once: dict[tuple[str, bytes], tuple[bytes, int]] = {}
        self._posts: dict[str, InboundPosts] = {}
        self._inbound_lock = RLock()

    def inbound(self, name: str) -> InboundSource:
        """See `InboundSources`."""
        with self._inbound_lock:
            if name not in self._inbounds:
                raise NotFound(f"there is no source of reports {name!r}")
            return self._inbounds[name]

    def inbounds(self) -> Sequence[InboundSource]:
        """See `InboundSources`."""
        with self._inbound_lock:
            return [source for _, source in sorted(self._inbounds.items())]

    def add_inbound(self, source: InboundSource) -> None:
        """See `InboundSources`."""
        with self._inbound_lock:
            if source.name in self._inbounds:
                raise Conflict(f"the source of reports {source.name!r} exists already")
            self._inbounds[source.name] = source

    def remove_inbound(self, name: str) -> None:
        """See `InboundSources`."""
        with self._inbound_lock:
            del self._inbounds[self.inbound(name).name]
            self._posts.pop(name, None)
            self._once = {key: seen for key, seen in self._once.items() if key[0] != name}

    def keep_confirmation(self, name: str, url: str) -> None:
        """See `InboundSources`."""
        with self._inbound_lock:
            self._inbounds[name] = replace(self.inbound(name), confirm_url=url)

    def inbound_posts(self) -> Mapping[str, InboundPosts]:
        """See `InboundSources`."""
        with self._inbound_lock:
            return dict(self._posts)

    def note_inbound_post(self, name: str, at_ms: int, refused_as: str = "") -> None:
        """See `InboundSources`."""
        with self._inbound_lock:
            if name not in self._inbounds:
                return
            posts = self._posts.get(name, InboundPosts())
            self._posts[name] = (
                replace(posts, refused_at_ms=at_ms, refused_as=refused_as)
                if refused_as
                else replace(posts, taken_at_ms=at_ms)
            )

    def is_first(self, name: str, once: bytes, body: bytes, until_ms: int, now_ms: int) -> bool:
        """See `InboundSources`."""
        with self._inbound_lock:
            self._once = {key: seen for key, seen in self._once.items() if seen[1] >= now_ms}
            return self._once.setdefault((name, once), (body, until_ms))[0] == body
