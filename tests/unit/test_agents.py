"""What a user agent comes to by itself."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailpixel.classify import KnownAgent, Rules, judge_agent
from mailpixel.errors import InvalidInput
from mailpixel.kinds import EventKind
from mailpixel.model import Facts, Verdict, Via
from mailpixel.traffic.agents import AgentKind, read_agent
from mailpixel.traffic.words import WordList

RULES = Rules()
OPEN, CLICK = EventKind.OPEN, EventKind.CLICK
GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
YAHOO = "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html"
WEBKIT = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/151.0.0.0 Safari/537.36"
)
GMAIL_PREFETCH = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/42.0.2311.135 Safari/537.36 Edge/12.246 Mozilla/5.0"
)
LINUX = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36"
)
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0"
ANDROID = (
    "Mozilla/5.0 (Linux; Android 14; {}) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/120.0.0.0 Mobile Safari/537.36"
)
DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "user_agents"
needs_data = pytest.mark.skipif(
    not DATA.is_dir(), reason="the folder ../shared/data is not beside this checkout"
)


def verdict_of(agent: str, kind: EventKind) -> tuple[Verdict, str, Via | None]:
    found = judge_agent(agent, kind, RULES)
    return found.verdict, found.rule, found.via


@pytest.mark.parametrize(
    ("agent", "on_a_pixel", "on_a_link"),
    [
        (GMAIL, (Verdict.HUMAN, "mail_proxy", Via.GMAIL), (Verdict.SCANNER, "mail_proxy", None)),
        (YAHOO, (Verdict.HUMAN, "mail_proxy", Via.YAHOO), (Verdict.SCANNER, "mail_proxy", None)),
        (
            "Mozilla/5.0",
            (Verdict.PRIVACY_PREFETCH, "apple_mpp", Via.APPLE),
            (Verdict.SCANNER, "apple_mpp", None),
        ),
        (
            GMAIL_PREFETCH,
            (Verdict.PREFETCH, "gmail_prefetch", Via.GMAIL),
            (Verdict.SCANNER, "gmail_prefetch", None),
        ),
        *[
            (
                f"SeznamEmailProxy/{version}",
                (Verdict.HUMAN, "mail_proxy", Via.SEZNAM),
                (Verdict.SCANNER, "mail_proxy", None),
            )
            for version in ("2.0.154", "3.0.58", "4")
        ],
        ("", (Verdict.HUMAN, "default", None), (Verdict.BOT, "declared", None)),
        (WEBKIT, (Verdict.HUMAN, "default", None), (Verdict.HUMAN, "default", None)),
        ("Barracuda Sentinel (EE)", (Verdict.SCANNER, "declared", None), (Verdict.SCANNER, "declared", None)),
        ("Neverheardof/1.0", (Verdict.BOT, "declared", None), (Verdict.BOT, "declared", None)),
        (
            "Neverheardof/1.0 (iPhone; iOS 17.5)",
            (Verdict.HUMAN, "default", None),
            (Verdict.BOT, "declared", None),
        ),
        (
            "Dalvik/2.1.0 (Linux; U; Android 15; CPH2557 Build/AP3A.240617.008)",
            (Verdict.HUMAN, "default", None),
            (Verdict.BOT, "declared", None),
        ),
    ],
)
def test_what_mailboxes_and_strangers_send_depends_on_pixel_or_link(
    agent: str, on_a_pixel: tuple[Verdict, str, Via | None], on_a_link: tuple[Verdict, str, Via | None]
) -> None:
    assert (verdict_of(agent, OPEN), verdict_of(agent, CLICK)) == (on_a_pixel, on_a_link)


@pytest.mark.parametrize(
    "agent",
    [
        "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.18025; Pro)",
        "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; Win64; x64; Trident/7.0; ms-office; MSOffice 16)",
        "Outlook-iOS/709.2144270.prod.iphone",
        "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.3.1",
        "Mozilla/5.0 (Windows; U; Windows NT 5.1; en-US; rv:1.8.1.23) Gecko/20090825 SeaMonkey/1.1.18",
        "Airmail 5.6.4 (Macintosh)",
        "eM Client/9.2.2093",
        "The Bat! 10.5",
        "Mozilla/4.0 (compatible; Lotus-Notes/6.0; Windows-NT)",
        "Evolution/3.36.5-0ubuntu1",
        "K-9 Mail for Android",
        "YahooMobileMail/1.0 (Android Mail; 1.3.10)",
        "SamsungEmail/6.1.82 (Android 13)",
        "Zimbra Desktop 7.3.1",
        "Postbox 1.0b14 (Windows/2009072715)",
        "NeverheardofMail/1.0",
        "Neverheardof Mail 1.0 CFNetwork/1494.0.7 Darwin/23.4.0",
        f"{LINUX} NeverheardofMail/1.0",
        "NeverheardofMailApp/2.3.11",
    ],
)
@pytest.mark.parametrize("kind", [OPEN, CLICK])
def test_a_mail_program_is_a_person_whatever_lists_say(agent: str, kind: EventKind) -> None:
    assert verdict_of(agent, kind) == (Verdict.HUMAN, "default", None)


@pytest.mark.parametrize(
    "agent",
    [
        CHROME,
        f'"{CHROME}"',
        f"{IPHONE} Mobile/15E148 Instagram 335.0.8.27.86 (iPhone15,2; iOS 17_4; en_US; scale=3.00)",
        f"{IPHONE} Mobile/21F90 [FBAN/FBIOS;FBAV/465.0.0.42.78;FBDV/iPhone14,5;FBSN/iOS;FBLC/en_US]",
        f"{IPHONE} Mobile/15E148 MicroMessenger/8.0.49(0x18003137) NetType/WIFI Language/zh_CN",
        f"{IPHONE} Mobile/15E148 NAVER(inapp; search; 1010; 11.20.5; 13PRO)",
        f"{IPHONE} Mobile/15E148 Snapchat/12.61.0.41 (like Safari/8617.1.17.10.12, panda)",
        f"{IPHONE} Version/18.4 Mobile/15E148 Safari/605.1.15 (Ecosia ios@11.4.0.1)",
        f"{CHROME} OPR/110.0.0.0 (Edition Yx 05)",
        f"{CHROME} LBBROWSER",
        f"{CHROME} SE 2.X MetaSr 1.0",
        ANDROID.format("CUBOT_X30"),
        ANDROID.format("CUBOT J5 Build/PPR1"),
        "Mozilla/5.0 (compatible; MSIE 9.0; Windows NT 6.1; Trident/5.0; SLCC2; Media Center PC 6.0; InfoPath.3)",
        "Mozilla/5.0 (PlayStation 5 3.03/SmartTV) AppleWebKit/605.1.15 (KHTML, like Gecko)",
        LINUX.replace("X11; Linux x86_64", "Web0S; Linux/SmartTV") + " WebAppManager",
        LINUX.replace("Chrome/", "Silk/108.4.6 like Chrome/"),
        "Opera/9.80 (J2ME/MIDP; Opera Mini/7.1.32052/191.308; U; en) Presto/2.12.423 Version/12.16",
        "Lynx/2.8.9rel.1 libwww-FM/2.14 SSL-MM/1.4.1 GNUTLS/3.7.1",
        "w3m/0.5.3+git20210102",
        "UCWEB/2.0 (Java; U; MIDP-2.0; en-US; nokia5130c-2) U2/1.0.0 UCBrowser/9.4.1.482 U2/1.0.0 Mobile",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0 (日本語版)",
        f"{FIREFOX} Waterfox/G6",
        f"{FIREFOX} Brandnew/91.2.2121.13",
        f"{LINUX} Brandnew/91.2.2121.13",
        f"{FIREFOX} Brandnewbrowser/1.0",
        "Mozilla/5.0 (X11; U; Linux i686; en-US; rv:1.9.2.24) Gecko/20111107 Ubuntu/10.04 (lucid) Firefox/3.6.24",
        f"{LINUX} HeyTapBrowser/45.9.6",
        LINUX.replace("x86_64", "armv7l") + " OMI/4.19 Model/Vestel-MB230 HbbTV/1.5.1",
        LINUX.replace("Chrome/", "Brandnew/1.0 Chrome/").replace(" Safari", " Electron/28.1.0 Safari"),
        f"{CHROME} Brandnew/1.0",
        f"{IPHONE} Mobile/15E148 Feedly/2023.1",
        ANDROID.format("Spider 8"),
        ANDROID.format("B BOT 550 Build/MRA58K"),
        "Couch/1.0 " + ANDROID.format("KM1 Build/QTT5.200429.010; wv"),
        LINUX.replace("x86_64", "x86_64; Quest 3").replace(" Safari", " VR Safari"),
        "RokuBrowser/104.11.20 (TV-G000X) Chrome/104.0.5112.70 HbbTV/1.6.1",
        "Mozilla/5.0 (Cloud Phone 2.4; Nokia 225 4G) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/132.0.0.0 "
        "Mobile Safari/537.36 Puffin/132.0.8.80800FP",
        "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; WOW64; Trident/7.0; .NET4.0C; McAfee; Tablet PC 2.0)",
        ANDROID.format("Pixel 8; wv") + " Brandnewmonitor/1.0",
        f"{LINUX} abcd",
        f"{LINUX} x9f2k1",
        f"{LINUX} GLS",
        f"{LINUX} XiaoMi/MiuiBrowser/14.5.20-gn",
        f"{LINUX} MiuiBrowser/14.5.20",
        f"{LINUX} HeyTapBrowser/45.9.6beta",
        f"{CHROME} Brandpresearch (Brandnew)",
        "Mozilla/5.0 (macOS; AArch64) Brandnew/1.0 Chrome/146.0.0.0 AppleWebKit/537.36 Safari/537.36",
        ANDROID.format("Brand 22; wv")
        + " Instagram 335.0.8.27 Android (31/12; 480dpi; 1080x2132; Brand 22; brand_bot22)",
        LINUX.replace("X11; Linux x86_64", "Web0S; Linux/SmartTV")
        + " HbbTV/1.6.1 (+DRM; LGE/BOTBRAND; 43X1; WEBOS22 04.42.26; DTV_C22P;)",
        LINUX.replace("Chrome/", "SamsungBrowser/28.0 Chrome/"),
        f"{LINUX} SamsungBrowser/CrossApp/0.1.175",
        f"{LINUX} Brandnew/TurboBrowser/v4.5.0.2",
        LINUX.replace("Chrome/", "Version/4.0 Chrome/") + " Brandnew/15.7",
        f"Brandnew/1.0 {LINUX}",
        f"Brandnew/1.0 (LS445) {LINUX.replace('x86_64', 'aarch64')}",
        f"Brandnew App {CHROME}",
        f"Brandnew/9.1/{FIREFOX}",
        f"{LINUX} {CHROME}",
        LINUX.replace("X11;", "Brandnewdesktop;"),
        FIREFOX.replace("Windows NT 10.0; Win64; x64", "Brandnewdesktop; Brandnewos x86_64"),
        f"{IPHONE} CriOS/120.0.0.0 Mobile/15E148 Safari/604.1,gzip(gfe) (via translate.google.com)",
        "Mozilla/5.0 (X11; U; Linux; en-GB) AppleWebKit/527+ (KHTML, like Gecko, Safari/419.3)  Arora/0.3",
        "Links (2.28; Linux 6.1 x86_64; GNU C 12.2; text)",
        "ELinks/0.13.2 (textmode; Linux 6.1 x86_64; 80x24-2)",
        "Mozilla/5.0 (Sailfish 4.5; Mobile; rv:91.0) Gecko/91.0 Firefox/91.0 SailfishBrowser/1.0",
        "Mozilla/5.0 (Phone; OpenHarmony 5.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/114.0.0.0 "
        "Safari/537.36 ArkWeb/4.1.6.1 Mobile",
    ],
)
@pytest.mark.parametrize("kind", [OPEN, CLICK])
def test_browsers_apps_televisions_and_terminals_are_people(agent: str, kind: EventKind) -> None:
    assert verdict_of(agent, kind) == (Verdict.HUMAN, "default", None)


@pytest.mark.parametrize(
    "agent",
    [
        "curl/8.5.0",
        "python-requests/2.31.0",
        "Go-http-client/1.1",
        "Java/17.0.1",
        "Mozilla/5.0 (compatible; Brandnewthing/0.1; +https://brandnew.example/why)",
        "Mozilla/5.0 (compatible; Brandnewthing)",
        "Brandnewthing (brandnew dot thing at gmail dot com)",
        ANDROID.format("Pixel 2 Build/OPD3.170816.012; Brandnewbot-Shop/1.0"),
        f"{LINUX} BrandnewCrawler/2.0",
        f"{CHROME} (someone@example.com)",
        f"{CHROME} brandnew.io",
        f"{CHROME} some.brandnew.io",
        f"{CHROME} Brandnewmonitor/1.0",
        f"{CHROME} Research-Brandnew/1.0",
        CHROME.replace("x64)", "x64; Brandnewmonitor)"),
        f"{LINUX} Brandnew/1.0",
        f"{LINUX} Brandnew",
        f"{LINUX} curl",
        LINUX.replace("Chrome/", "splash Version/10.0 Chrome/"),
        f"Brandnewbot/1.0 {CHROME}",
        f"Brandnew/1.0 (https://brandnew.example) {CHROME}",
        LINUX.replace("X11;", "Brandnewcrawler;"),
        LINUX.replace("X11;", "Brandnewdesktop;") + " Brandnew/1.0",
        "Mozilla/5.0 (compatible; Brandnew Link Preview; https://mail.brandnew.example) maild/1543179026-0",
        "Links (2.28; Linux 6.1 x86_64; GNU C 12.2; dump)",
        "ELinks/0.13.2 (textmode; Linux 6.1 x86_64; -)",
        CHROME.replace("like Gecko)", "like Gecko; Brandnew Thing)"),
        LINUX.replace("Chrome/", "HeadlessChrome/"),
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_11_1) AppleWebKit/601.2.4 (KHTML, like Gecko) Version/9.0.1 "
        "Safari/601.2.4 facebookexternalhit/1.1 Facebot Twitterbot/1.0",
        "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
        "Mozilla/5.0 (compatible; Thunderbird crawler)",
    ],
)
@pytest.mark.parametrize("kind", [OPEN, CLICK])
def test_what_names_itself_or_whom_to_ask_is_a_machine(agent: str, kind: EventKind) -> None:
    assert verdict_of(agent, kind) == (Verdict.BOT, "declared", None)


def test_an_operator_teaches_an_agent_and_can_clear_one() -> None:
    rules = Rules(agents=(KnownAgent("padlock", Verdict.SCANNER), KnownAgent("ourcurl", Verdict.HUMAN)))
    assert judge_agent(f"{CHROME} PadLock/1.0", CLICK, rules).verdict is Verdict.SCANNER
    assert judge_agent("OurCurl/1.0 (curl)", CLICK, rules).verdict is Verdict.HUMAN


@pytest.mark.parametrize(
    ("row", "field"),
    [({"contains": " ", "verdict": "bot"}, "contains"), ({"contains": "x", "verdict": "?"}, "verdict")],
)
def test_a_bad_known_agent_is_refused(row: dict[str, str], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        KnownAgent.read(row)
    assert caught.value.field == field


def test_what_a_browser_promises_depends_on_its_age() -> None:
    old = read_agent(CHROME.replace("151", "70")).claim
    new = read_agent(CHROME).claim
    safari = read_agent(f"{IPHONE} Version/17.5 Mobile/15E148 Safari/604.1").claim
    assert old is not None
    assert new is not None
    assert safari is not None
    assert (Facts(old.fresh), Facts(new.fresh), Facts(safari.foreign)) == (
        Facts.NONE,
        Facts.SEC_FETCH,
        Facts.CLIENT_HINTS,
    )


def test_a_mail_program_built_on_a_browser_promises_nothing() -> None:
    found = read_agent(CHROME.replace("Chrome/", "Mailspring/1.10.8 Chrome/"))
    assert (found.kind, found.claim) == (AgentKind.MAIL_CLIENT, None)


@pytest.mark.parametrize(
    "junk", ["(" * 100_000, "a" * 1_000_000, "\x00\ud800" * 50_000, "/1 " * 90_000, "bo" * 9_000]
)
def test_junk_of_any_length_is_cut_before_it_is_read(junk: str) -> None:
    assert len(read_agent(junk).text) <= 512
    assert judge_agent(junk, CLICK, RULES).verdict is Verdict.BOT


def test_only_the_first_512_characters_count() -> None:
    assert verdict_of(CHROME.ljust(512) + " curl/8", CLICK)[0] is Verdict.HUMAN


def test_words_know_where_words_begin_and_end() -> None:
    words = WordList(["scan", "bot$", "^ping$"])
    found = {
        text: words.find(text, text.lower())
        for text in ("NetScan", "FooBot2", "FeedBotX", "Bottle", "pinging", "a ping")
    }
    assert found == {
        "NetScan": "Scan",
        "FooBot2": "Bot",
        "FeedBotX": "Bot",
        "Bottle": "",
        "pinging": "",
        "a ping": "ping",
    }


def rows(name: str) -> Iterator[dict[str, str]]:
    return (json.loads(line) for line in (DATA / name).read_text(encoding="utf-8").splitlines())


@needs_data
def test_published_mail_programs_proxies_and_previews_get_their_labels() -> None:
    wrong = [
        (row["agent"], row["kind"], found.verdict)
        for row in rows("mail_clients_public.jsonl")
        if row["verdict"] is not None
        and ((found := judge_agent(row["agent"], EventKind(row["kind"]), RULES)).verdict, found.via)
        != (row["verdict"], row["via"])
    ]
    assert wrong == []


@needs_data
@pytest.mark.parametrize("kind", [OPEN, CLICK])
def test_at_least_99_percent_of_known_bots_are_flagged(kind: EventKind) -> None:
    agents = [row["agent"] for row in rows("bots.jsonl")]
    people = [agent for agent in agents if verdict_of(agent, kind)[0] is Verdict.HUMAN]
    assert len(people) / len(agents) <= 0.01


@needs_data
@pytest.mark.parametrize("kind", [OPEN, CLICK])
@pytest.mark.parametrize("name", ["browsers_a.txt", "browsers_b.txt"])
def test_no_known_browser_is_flagged(name: str, kind: EventKind) -> None:
    agents = (DATA / name).read_text(encoding="utf-8").splitlines()
    assert [agent for agent in agents if agent and verdict_of(agent, kind)[0] is not Verdict.HUMAN] == []
