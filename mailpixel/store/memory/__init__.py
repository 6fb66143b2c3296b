"""A store and a registry in memory, for tests: nothing is kept, nothing waits."""

from mailpixel.store.memory.registry import MemoryRegistry
from mailpixel.store.memory.store import MemoryStore

__all__ = ["MemoryRegistry", "MemoryStore"]
