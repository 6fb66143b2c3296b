"""Django's settings, which a process can make only once: those of all tests that need Django."""

import django
from django.conf import settings


def configure() -> None:
    """Make them, unless they are made."""
    if not settings.configured:
        settings.configure(
            ALLOWED_HOSTS=["testserver"],
            ANYMAIL={},
            EMAIL_BACKEND="mailpixel.dropins.django.TrackingBackend",
            MAILPIXEL_EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend",
        )
        django.setup()
