"""What the page on deployment shows is read by the programs it is for, where they are installed."""

import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.certificate import self_signed
from tests.support.manual import PAGES, blocks

PAGE = (PAGES / "deployment.md").read_text(encoding="utf-8")


def snippet(language: str) -> str:
    (text,) = blocks(PAGE, language)
    return text


def instead(text: str, changes: dict[str, str]) -> str:
    """The text with what only a server has replaced. Raises AssertionError where the text has no such thing."""
    for there, here in changes.items():
        assert there in text
        text = text.replace(there, here)
    return text


def systemd(folder: Path) -> list[str]:
    """The unit, with the program of this environment, and its socket."""
    program = str(Path(sys.executable).parent / "mailpixel")
    texts = dict(zip(("service", "socket"), blocks(PAGE, "systemd"), strict=True))
    units = {kind: folder / f"mailpixel.{kind}" for kind in texts}
    units["service"].write_text(instead(texts["service"], {"/opt/mailpixel/venv/bin/mailpixel": program}))
    units["socket"].write_text(texts["socket"])
    return ["systemd-analyze", "verify", "--man=no", *map(str, units.values())]


def nginx(folder: Path) -> list[str]:
    """The servers inside the least that nginx wants around them."""
    certificate, key = self_signed(folder)
    letsencrypt = "/etc/letsencrypt/live/t.shop.example"
    servers = instead(
        snippet("nginx"), {f"{letsencrypt}/fullchain.pem": certificate, f"{letsencrypt}/privkey.pem": key}
    )
    paths = "".join(
        f"{kind}_temp_path {folder};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    whole = folder / "nginx.conf"
    whole.write_text(f"pid {folder}/pid;\nevents {{}}\nhttp {{\n{paths}access_log off;\n{servers}}}\n")
    return ["nginx", "-t", "-e", str(folder / "log"), "-c", str(whole)]


def haproxy(folder: Path) -> list[str]:
    """The whole file, with a certificate."""
    certificate, key = map(Path, self_signed(folder))
    both = folder / "both.pem"
    both.write_text(certificate.read_text() + key.read_text())
    file = folder / "haproxy.cfg"
    file.write_text(instead(snippet("haproxy"), {"/etc/haproxy/t.shop.example.pem": str(both)}))
    return ["haproxy", "-c", "-f", str(file)]


def caddy(folder: Path) -> list[str]:
    """The whole file."""
    file = folder / "Caddyfile"
    file.write_text(snippet("caddy"))
    return ["caddy", "validate", "--adapter", "caddyfile", "--config", str(file)]


@pytest.mark.parametrize("prepare", [systemd, nginx, haproxy, caddy], ids=lambda prepare: prepare.__name__)
def test_the_program_reads_its_file_without_a_complaint(
    prepare: Callable[[Path], list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    command = prepare(tmp_path)
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    complaints = [line for line in said.splitlines() if "mailpixel.s" in line or "[warn" in line.lower()]
    assert complaints == []


def test_the_script_for_the_command_line_takes_the_settings_of_the_service(tmp_path: Path) -> None:
    (settings,) = blocks(PAGE, "ini")
    (tmp_path / "environment").write_text(instead(settings, {"/var/lib/mailpixel": str(tmp_path / "data")}))
    script = tmp_path / "mailpixel"
    program = str(Path(sys.executable).parent / "mailpixel")
    script.write_text(
        instead(
            snippet("shell"),
            {
                "/etc/mailpixel/environment": str(tmp_path / "environment"),
                "/opt/mailpixel/venv/bin/mailpixel": program,
            },
        )
    )
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    done = subprocess.run([script, "settings"], capture_output=True, text=True, check=True)
    assert [
        word for word in done.stdout.split() if word in ("https://t.shop.example", str(tmp_path / "data"))
    ] == [
        str(tmp_path / "data"),
        "https://t.shop.example",
    ]
