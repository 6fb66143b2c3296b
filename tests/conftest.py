"""What holds for every test: nothing of the developer's own shell, and no deadline that a busy machine can miss."""

import os
import signal

from hypothesis import HealthCheck, settings

from mailpixel.settings import PREFIX

settings.register_profile(
    "gate", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("gate")

for name in [name for name in os.environ if name.startswith(PREFIX)]:
    del os.environ[name]

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell starts what runs in the background so, and the processes of the tests would be deaf to Ctrl-C too.
    signal.signal(signal.SIGINT, signal.default_int_handler)
