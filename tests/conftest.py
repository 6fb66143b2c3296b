"""What holds for every test: nothing of the developer's own shell, no deadline that a busy machine can miss, and the
same examples each time, so that the gate is never red by chance.

`pytest --hypothesis-profile=search` looks for new examples; what it finds stays in the test as an `@example`.
"""

import os
import signal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from mailpixel.settings import PREFIX

_QUIET = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.register_profile("gate", _QUIET, derandomize=True)
settings.register_profile("search", _QUIET, max_examples=2_000)
settings.load_profile("gate")

for name in [name for name in os.environ if name.startswith(PREFIX)]:
    del os.environ[name]

for number, handler in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
    # A shell ignores these for what it runs in the background, and the processes of the tests would be deaf, too.
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, handler)

LONG = ("test_manual.py",)
"""Files that take minutes by themselves. A worker takes whole files, so these begin before all others."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the long files first; nothing else changes its place."""
    items.sort(key=lambda item: Path(item.location[0]).name not in LONG)
