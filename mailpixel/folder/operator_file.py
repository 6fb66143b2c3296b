"""The file of the operator's lists in the data folder, and the rules made from it and the settings.

Long-running processes use `RulesInForce`, which reads the file again when it has changed.
"""

import json
from collections.abc import Callable
from pathlib import Path

from mailpixel.classify.operator_lists import OperatorLists
from mailpixel.classify.rules import Rules
from mailpixel.errors import InvalidInput
from mailpixel.files import locked, open_to_read, replace_file, stamp_of
from mailpixel.settings import Settings

FILE_NAME = "operator.json"
FILE_BYTES = 20_000_000
"""A larger file cannot be one of lists, in bytes."""


def operator_file(data: Path) -> Path:
    """Where the operator's lists are kept in a data folder."""
    return data / FILE_NAME


def load_operator_lists(path: Path) -> OperatorLists:
    """The lists in a file; empty ones when there is none. Raises `InvalidInput` when it cannot be understood."""
    try:
        with open_to_read(path) as file:
            text = file.read(FILE_BYTES + 1)
    except FileNotFoundError:
        return OperatorLists()
    except OSError as error:
        raise _unreadable(path, error) from None
    if len(text) > FILE_BYTES:
        raise InvalidInput(str(path), f"is larger than {FILE_BYTES:,} bytes; it is not a file of lists")
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise InvalidInput(str(path), "is not JSON; correct it or remove it") from None
    try:
        return OperatorLists.read(document)
    except InvalidInput as error:
        raise InvalidInput(f"{path}: {error.field}", error.problem) from None


def change_operator_lists(
    path: Path, change: Callable[[OperatorLists], OperatorLists]
) -> tuple[OperatorLists, OperatorLists]:
    """Read, change and write the lists in one step that others wait for. Returns (before, after), on disk.

    Raises `InvalidInput` as `load_operator_lists` does and when the folder cannot be written, and any error
    of `change`; the file is then unchanged.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with locked(path.parent):
            before = load_operator_lists(path)
            after = change(before)
            replace_file(path, _text_of(after), 0o644)  # as the umask allows: it holds no secrets
            return before, after
    except OSError as error:
        raise _unreadable(path, error) from None


def rules_of(settings: Settings) -> Rules:
    """The rules made of these settings and the present lists of their data folder. Raises `InvalidInput`."""
    lists = load_operator_lists(operator_file(settings.data))
    return Rules(
        seeds=frozenset(settings.seeds),
        operator_networks=settings.operator_networks,
        networks=lists.networks,
        agents=lists.agents,
        without=lists.without,
    )


class RulesInForce:
    """The rules for long-running processes, as of the last good look. Raises `InvalidInput` as `rules_of` does."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._file = operator_file(settings.data)
        self._seen = stamp_of(self._file)
        self.now = rules_of(settings)

    def look(self) -> None:
        """Read the lists again when their file has changed. Without a change it costs one `stat`.

        Raises `InvalidInput` as long as the file cannot be understood; the rules stay as they were.
        """
        found = stamp_of(self._file)
        if found != self._seen:
            self.now = rules_of(self._settings)
            self._seen = found


def _unreadable(path: Path, error: OSError) -> InvalidInput:
    reason = error.strerror or type(error).__name__
    return InvalidInput(str(path), f"{reason}; the user mailpixel runs as must be able to read and write it")


def _text_of(lists: OperatorLists) -> str:
    return json.dumps(lists.to_json(), indent=1, ensure_ascii=False) + "\n"
