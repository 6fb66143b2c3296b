"""The folder of shared metrics: gone at the end, and after a killed service with the next start."""

import subprocess
import sys
from pathlib import Path

from mailpixel.server.shared_metrics import metrics_folder

HOLD = """
import sys
from pathlib import Path
from mailpixel.server.shared_metrics import metrics_folder
with metrics_folder(Path(sys.argv[1])) as folder:
    print(folder, flush=True)
    sys.stdin.read()
"""


def test_the_folder_is_there_while_it_is_used(tmp_path: Path) -> None:
    with metrics_folder(tmp_path) as folder:
        assert Path(folder).parent == tmp_path
        assert Path(folder).is_dir()
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_service_left_goes_with_the_next_start_and_a_running_one_keeps_its_own(
    tmp_path: Path,
) -> None:
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as service:
        assert service.stdout is not None
        left = Path(service.stdout.readline().strip())
        with metrics_folder(tmp_path):
            assert left.is_dir()
        service.kill()
    assert left.is_dir()
    with metrics_folder(tmp_path) as folder:
        assert list(tmp_path.iterdir()) == [Path(folder)]


def test_folders_of_others_and_links_are_left_alone(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "held").touch()
    parent = tmp_path / "tmp"
    parent.mkdir()
    (parent / "mailpixel-metrics-link").symlink_to(elsewhere)
    (parent / "mailpixel-metrics-unheld").mkdir()
    (parent / "other").mkdir()
    with metrics_folder(parent):
        pass
    assert {path.name for path in parent.iterdir()} == {
        "mailpixel-metrics-link",
        "mailpixel-metrics-unheld",
        "other",
    }
    assert (elsewhere / "held").exists()
