"""Lanes of threads: what one kind of caller does holds up no other, and no more run at once than is said."""

import threading

import anyio

from mailpixel.server.threads import API_AT_ONCE, Lane, Threads


def test_who_waits_for_the_api_holds_up_neither_opt_outs_nor_readiness() -> None:
    async def run() -> list[str]:
        threads, gate, done = Threads(), threading.Event(), []

        async def ask() -> None:
            await threads.api_reads.run(gate.wait, 30)
            done.append("api")

        async with anyio.create_task_group() as tasks:
            for _ in range(API_AT_ONCE * 3):
                tasks.start_soon(ask)
            await anyio.wait_all_tasks_blocked()
            done.append(await threads.api_writes.run(str, "write"))
            done.append(await threads.opt_outs.run(str, "opt-out"))
            done.append(await threads.checks.run(str, "check"))
            gate.set()
        return done

    assert anyio.run(run) == ["write", "opt-out", "check"] + ["api"] * API_AT_ONCE * 3


def test_a_lane_runs_no_more_at_once_than_it_may() -> None:
    running, most, lock = 0, 0, threading.Lock()

    def work() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        threading.Event().wait(0.01)
        with lock:
            running -= 1

    async def run() -> None:
        lane = Lane(2)
        async with anyio.create_task_group() as tasks:
            for _ in range(10):
                tasks.start_soon(lane.run, work)

    anyio.run(run)
    assert most <= 2
