"""What holds for every test: no setting of the developer's own shell, and no deadline that a busy machine can miss."""

import os

from hypothesis import HealthCheck, settings

from mailpixel.settings import PREFIX

settings.register_profile(
    "gate", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("gate")

for name in [name for name in os.environ if name.startswith(PREFIX)]:
    del os.environ[name]
