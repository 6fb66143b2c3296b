"""Tries cells of the matrix of privacy on a real service, and says what differs from what must stand on disk."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from mailpixel.classify import Rules, judge
from mailpixel.folder.opening import begin, open_stores
from mailpixel.model import Campaign, Facts, Link
from mailpixel.modes import parse_modes
from mailpixel.privacy.policy import policy_of
from mailpixel.projections.fold import Fold
from mailpixel.report.reporting import Reporting
from mailpixel.settings import Settings
from mailpixel.store.sqlite import SqliteStore
from mailpixel.times import now_ms
from tests.support.first_campaign import PERSON
from tests.support.privacy_matrix import Cell, Choice
from tests.support.privacy_oracle import KINDS, ORDER
from tests.support.privacy_people import people_of
from tests.support.privacy_signed import DESTINATION, Signed
from tests.support.privacy_traces import remains, told, traces
from tests.support.processes import wait_until
from tests.support.service import Service, rows
from tests.support.stores import open_settled

CANARY = "canary"
"""A seed recipient of a campaign of the same name: recorded in every mode until it refuses. By it one sees that all
workers know what was imported last."""
ROUND = 12
"""Hits of the canary that are enough to reach every worker."""
HEADERS: Mapping[str, Mapping[str, str]] = {"gpc": {"sec-gpc": "1"}, "dnt": {"dnt": "1"}}
"""Headers of hits of a case of cells."""


class Trial:
    """Cells tried together on one service. `ceilings`: the setting; empty: each campaign has its own."""

    def __init__(
        self, folder: Path, cells: Sequence[Cell], choice: Choice, workers: int, ceilings: str = ""
    ) -> None:
        self.data = folder / "data"
        self.cells, self.choice, self.workers = cells, choice, workers
        self.began = datetime.now(UTC) - timedelta(hours=3)
        self.environment = {
            "MAILPIXEL_MODE": ceilings or "full",
            "MAILPIXEL_UNKNOWN_CONSENT": choice.unknown,
            "MAILPIXEL_REFUSED_CONSENT": choice.refused,
            "MAILPIXEL_TRUSTED_PROXIES": "127.0.0.0/8",
            "MAILPIXEL_SEEDS": CANARY,
            "MAILPIXEL_GPC": choice.headers,
            "MAILPIXEL_DNT": choice.headers,
            "MAILPIXEL_WITHDRAWAL": "erase",
        }
        self.with_modes = not ceilings
        self._set_up()

    def _set_up(self) -> None:
        settings = Settings.from_environment(self.environment, data=self.data)
        store, registry, keyring = begin(settings)
        self._signed = Signed(keyring.keys[-1], self.choice, self.data, self.environment)
        link = Link(1, DESTINATION)
        for cell in self.cells:
            mode = parse_modes(f"opens={cell.ceiling('opens')},clicks={cell.ceiling('clicks')}")
            registry.add_campaign(
                Campaign(
                    cell.campaign,
                    "A cell",
                    sent_at=self.began,
                    sent=cell.sent,
                    links=(link,),
                    mode=mode if self.with_modes else None,
                )
            )
        registry.add_campaign(Campaign(CANARY, "The canary", links=(link,)))
        registry.close()
        store.close()

    def differences(self) -> Sequence[str]:
        """Run it all; each line is a cell and what is not as it must be."""
        self._say(0)
        self._say(1)
        wrong = [line for cell in self.cells for line in self._signed.differences(cell)]
        with Service(self.data, ["--workers", str(self.workers)], self.environment) as service:
            service.wait_for("/readyz")
            self._lower()
            self._say(2)
            self._wait_until_known(service)
            wrong += [line for cell in self.cells for line in self._hit(service, cell)]
            if self.workers > 1:
                self._say(3)  # while hits are held in memory
            wrong += self._withdraw(service)
            metrics = service.get("/metrics")[2]
            if self.workers > 1:
                self._say(3)  # while hits are held in memory
                wrong += traces(self.cells, self.choice, self.data, "while it runs")
            said = metrics + service.stop().encode()
        if self.workers == 1:
            self._say(3)
        wrong += told(self.cells, said)
        wrong += traces(self.cells, self.choice, self.data, "in the folder")
        self._fold()
        for cell in self.cells:
            wrong += [f"{cell.name}: {line}" for line in self._judged(cell)]
        return [*wrong, *remains(self.cells, self.choice, self.data)]

    def _say(self, moment: int) -> None:
        """What people say before (0), before signing (1), before the hit (2) and after it (3)."""
        gone = [cell.recipient for cell in self.cells if self._is_erased(cell, moment)]
        if gone:
            rows(self.data, "person", "erase", "--file", "-", "--yes", stdin="\n".join(gone))
        lines = [line for cell in self.cells for line in self._lines(cell, moment)]
        if moment == 2:
            lines.append(self._line(CANARY, "all", "denied", moment))
        if lines:
            head = "recipient,purpose,state,time,source,wording"
            rows(self.data, "consent", "import", "-", stdin="\n".join([head, *lines]))

    def _lower(self) -> None:
        """Lower ceilings after the mail was signed."""
        _, registry = open_stores(Settings(data=self.data))
        for cell in self.cells:
            if cell.case == "lowered":
                mode = parse_modes(f"opens={cell.ceiling_now('opens')},clicks={cell.ceiling_now('clicks')}")
                registry.change_campaign(cell.campaign, partial(replace, mode=mode), "cli", datetime.now(UTC))
        registry.close()

    def _withdraw(self, service: Service) -> Iterator[str]:
        """Refuse both on the page, where that erases."""
        withdrawing = [cell for cell in self.cells if cell.case == "withdraws"]
        for cell in withdrawing:
            token = self._signed.token("choice", cell.campaign, cell.recipient, None, False)
            status, _, _ = service.get(f"/u/{token}", "POST")
            if status != 200:
                yield f"{cell.name}: the page answered {status}"
        wait_until(self._all_erased, "erasures are not finished")

    def _all_erased(self) -> bool:
        """Whether the service is through with every erasure."""
        with closing(sqlite3.connect(f"file:{self.data / 'mailpixel.db'}?mode=ro", uri=True)) as db:
            return db.execute("select 1 from erasures where state <> 'done'").fetchone() is None

    @staticmethod
    def _is_erased(cell: Cell, moment: int) -> bool:
        if cell.case == "withdraws" and moment == 3:
            return False  # they do it themselves
        before = cell.said("opens", moment - 1) if moment else ""
        return cell.said("opens", moment) == "erased" != before

    def _lines(self, cell: Cell, moment: int) -> Iterator[str]:
        for purpose in KINDS:
            now = cell.said(purpose, moment)
            if now == "erased":  # an import brings nobody back, however late its statements are
                yield f"{cell.recipient},{purpose},granted,{datetime.now(UTC).isoformat()},form,w"
            elif (cell.said(purpose, moment - 1) if moment else "unknown") != now:
                yield self._line(cell.recipient, purpose, now, moment)

    def _line(self, recipient: str, purpose: str, state: str, moment: int) -> str:
        at = self.began + timedelta(minutes=20 * moment)
        return f"{recipient},{purpose},{state},{at.isoformat()},form,w"

    def _hit(self, service: Service, cell: Cell) -> Iterator[str]:
        kind, modes, preview = cell.token_of(self.choice)
        recipient = "" if kind == "campaign" else cell.recipient
        token = self._signed.token(kind, cell.campaign, recipient, modes, preview)
        path = f"/o/{token}.gif" if cell.purpose == "opens" else f"/c/{token}"
        if cell.purpose == "clicks" and kind != "click":
            path += "/1"
        headers = {
            **PERSON,
            "user-agent": f"{PERSON['user-agent']} {cell.agent}",
            "x-forwarded-for": cell.address,
            **HEADERS.get(cell.case, {}),
        }
        expected = 200 if cell.purpose == "opens" else 302
        for _ in range(cell.hits):
            status, _, _ = service.get(path, headers=headers)
            if status != expected:
                yield f"{cell.name}: answered {status}"

    def _wait_until_known(self, service: Service) -> None:
        """Until no worker records the canary any more."""
        token = self._signed.token("open", CANARY, CANARY, None, False)

        def is_known() -> bool:
            before = self._logged(CANARY)
            for _ in range(ROUND):
                service.get(f"/o/{token}.gif")
            return len(self._logged(CANARY)) == len(before)

        wait_until(is_known, "the workers do not know what people said")

    def _logged(self, campaign: str) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(f"file:{self.data / 'mailpixel.db'}?mode=ro", uri=True)) as db:
            return db.execute(
                "select recipient, link, address, length(tag), agents.agent, facts from events"
                " join agents on agents.id = events.agent where campaign = ? and kind < 3",
                (campaign,),
            ).fetchall()

    def _fold(self) -> None:
        store, registry = open_settled(Settings(data=self.data).database)
        fold = Fold(store, registry, partial(judge, rules=Rules()), "test")
        while fold.catch_up(now_ms, 10_000):
            pass
        fold.leave()
        store.close()
        registry.close()

    def _judged(self, cell: Cell) -> Iterator[str]:
        """What differs in tables and figures."""
        expected = cell.expected(self.choice)
        store, registry = open_stores(Settings(data=self.data))
        with closing(store), closing(registry):
            found = self._rows_of(cell, store, expected)
            figures = store.figures(cell.campaign, now_ms(), 0)
            settings = Settings.from_environment(self.environment, data=self.data)
            reporting = Reporting(registry, policy_of(settings, registry.privacy_choice()), Rules())
            summary = reporting.summary(registry.campaign(cell.campaign), figures).to_json()
        if found != expected:
            yield f"stands there: {sorted(found)}, must: {sorted(expected)}"
        part = summary[cell.purpose]
        number = cell.hits if expected & {"event", "counted"} else 0
        if part["events"] != number:
            yield f"events of the summary {part['events']}, must be {number}"
        below = ORDER.index(cell.ceiling_now(cell.purpose)) < ORDER.index("individual")
        unique = None if below or "counted" in expected else int("event" in expected)
        if part["unique"] != unique:
            yield f"unique of the summary {part['unique']}, must be {unique}"
        yield from self._counted_people(cell, summary["recipients"])

    def _counted_people(self, cell: Cell, found: Mapping[str, object]) -> Iterator[str]:
        """What differs in who is recorded by name: one person was signed for, where the cell signs by a command."""
        expected = people_of(cell, self.choice)
        told = {name: found[name] for name in expected}
        if told != expected:
            yield f"counts people {told}, must {expected}"

    def _rows_of(self, cell: Cell, store: SqliteStore, expected: frozenset[str]) -> frozenset[str]:
        words = set()
        for recipient, link, address, tag, agent, facts in self._logged(cell.campaign):
            words.add("event")
            words |= {"network"} if address == cell.network else set()
            fits = recipient == cell.recipient and cell.agent in str(agent) and int(str(tag)) >= 8
            fits &= (link is None) == (cell.purpose == "opens") and address in (None, "", cell.network)
            unseen = ORDER.index(cell.in_force("opens", self.choice)) < ORDER.index("individual")
            words |= set() if fits else {"another event"}
            words |= set() if bool(int(str(facts)) & Facts.OPENS_UNSEEN) == unseen else {"wrong opens_unseen"}
        if "event" in words and len(self._logged(cell.campaign)) != cell.hits:
            words.add("other number of events")
        totals = store.figures(cell.campaign, now_ms(), 0).totals
        counted = totals.get(f"{cell.purpose}.aggregate_events", 0)
        words |= {"counted"} if counted else set()
        words |= {"other number of counts"} if counted not in (0, cell.hits) else set()
        words |= {"day"} if store.last_open(cell.recipient) is not None else set()
        return frozenset(words)
