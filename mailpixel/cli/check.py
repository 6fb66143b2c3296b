"""`mailpixel check`."""

import sys
from collections.abc import Sequence

import click
from rich.console import Console

from mailpixel.checks.findings import MEANINGS, REPAIRS, Finding
from mailpixel.cli.context import Command, print_json, print_table, rules, say, settings, stores


@click.command("check", cls=Command, example="mailpixel check")
@click.option(
    "--repair", is_flag=True, help="Make what differs again from what was there earlier, and check again."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def check_command(repair: bool, as_json: bool) -> None:
    """Check that the file, the log, states, counters and consents fit together. Exit with code 1 if something differs.

    It reads everything, so it takes a minute for a few million events. The service may run meanwhile.
    """
    from mailpixel.checks.opened import opened_check
    from mailpixel.checks.repairing import Repair

    store, registry = stores()
    with Console(stderr=True).status("checking"):
        check = opened_check(settings(), registry, rules())
        checked = check.run()
        repaired = (
            Repair(check, store, registry, rules()).run(checked) if repair and checked.differing else checked
        )
    _print(checked.findings, as_json)
    if not checked.differing:
        say("everything fits together")
        return
    if not checked.is_readable:
        say("the file is damaged, so nothing that is in it was checked")
    if repair:
        _say_repaired(checked.differing, repaired.differing)
    if repaired.differing:
        for remedy in dict.fromkeys(each.remedy for each in repaired.differing):
            say(f"what to do: {remedy}")
        sys.exit(1)


def _print(findings: Sequence[Finding], as_json: bool) -> None:
    if as_json:
        print_json([{"kind": each.kind, "checked": each.checked, "differ": each.differ} for each in findings])
        return
    rows = [
        (each.kind, f"{each.checked:,}", f"{each.differ:,}", MEANINGS[each.kind] if each.differ else "")
        for each in findings
    ]
    print_table(("kind", "checked", "differ", "these are"), rows)


def _say_repaired(before: Sequence[Finding], after: Sequence[Finding]) -> None:
    left = {each.kind for each in after}
    for each in before:
        if each.kind not in left:
            say(f"{each.kind}: {each.differ:,} repaired, {REPAIRS[each.kind]}")
