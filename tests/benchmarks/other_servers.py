"""Other programs that answer with a pixel: nginx, and pytracking under Django and gunicorn.

pytracking is installed into an environment of its own in a folder that is thrown away. Each function gives the program,
or says why it is missing.
"""

import json
import shutil
import subprocess
import sys
import venv
from base64 import urlsafe_b64encode
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from tests.benchmarks.served import Listening
from tests.support.service import free_port

PACKAGES = ("pytracking[django]==0.2.2", "django<5", "gunicorn")
PEOPLE = 1_000

NGINX = """
daemon off;
worker_processes 1;
user {user};
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
    access_log {folder}/access.log;
    keepalive_requests 1000000;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    server {{ listen 127.0.0.1:{port}; location / {{ empty_gif; }} }}
}}
"""

DJANGO = """
from django.conf import settings

settings.configure(
    SECRET_KEY="bench",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=["hits"],
    MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "hits.sqlite3"}},
    PYTRACKING_CONFIGURATION={"base_open_tracking_url": "http://t/o/", "encryption_bytestring_key": None},
)

import django

django.setup()

from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.http import HttpResponse
from django.urls import re_path
from hits.models import Hit
from pytracking.django import OpenTrackingView

with connection.schema_editor() as editor:
    if Hit._meta.db_table not in connection.introspection.table_names():
        editor.create_model(Hit)


class Opened(OpenTrackingView):
    def notify_tracking_event(self, result):
        Hit.objects.create(
            recipient=result.metadata["r"], agent=result.request_data["user_agent"], ip=result.request_data["user_ip"]
        )


urlpatterns = [
    re_path("^o/(?P<path>[^/]+)$", Opened.as_view()),
    re_path("^healthz$", lambda request: HttpResponse("ok")),
]
application = get_wsgi_application()
"""

MODELS = """
from django.db import models


class Hit(models.Model):
    recipient = models.CharField(max_length=128)
    agent = models.CharField(max_length=512)
    ip = models.CharField(max_length=45, null=True)
    at = models.DateTimeField(auto_now_add=True)
"""


class Other(NamedTuple):
    """A running program and the paths to ask it for."""

    server: Listening
    paths: list[str]


def nginx(stack: ExitStack, folder: Path) -> Other | str:
    """nginx with `empty_gif` and its access log on, one worker."""
    program = shutil.which("nginx")
    if program is None:
        return "there is no nginx; `apt install nginx-light` brings it"
    folder.mkdir()
    port = free_port()
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=port, user=Path(folder).owner()))
    command = [program, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")]
    server = stack.enter_context(Listening(command, port, {}))
    return Other(server, [f"/o/{'A' * 60}{n:05d}.gif" for n in range(PEOPLE)])


def pytracking(stack: ExitStack, folder: Path) -> Other | str:
    """pytracking's Django view under gunicorn, one worker with threads; each open is a row of Django's in SQLite."""
    folder.mkdir()
    problem = _installed(folder / "venv")
    if problem:
        return problem
    (folder / "hits").mkdir()
    (folder / "hits" / "__init__.py").touch()
    (folder / "hits" / "models.py").write_text(MODELS)
    (folder / "site_of_bench.py").write_text(DJANGO)
    port = free_port()
    command = [
        *(str(folder / "venv" / "bin" / "gunicorn"), "--worker-class", "gthread", "--threads", "4"),
        *("--keep-alive", "60", "--bind", f"127.0.0.1:{port}", "--log-level", "error", "site_of_bench"),
    ]
    server = stack.enter_context(Listening(command, port, {}, folder))
    return Other(server, [f"/o/{_token(n)}" for n in range(PEOPLE)])


def _token(number: int) -> str:
    said = json.dumps({"metadata": {"r": f"r-{number}", "c": "bench"}})
    return urlsafe_b64encode(said.encode()).decode()


def _installed(folder: Path) -> str:
    """Install what is needed. Returns the problem, or an empty text."""
    venv.create(folder, with_pip=True)
    command = [str(folder / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check", *PACKAGES]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    last = done.stderr.strip().rpartition("\n")[2]
    return f"pip could not install it under Python {sys.version_info[1]}: {last}" if done.returncode else ""
