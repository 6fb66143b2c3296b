"""Examples of what the API answers, for its document."""

from typing import Any

from mailpixel.store.webhooks import PostOutcome

_CAMPAIGN = {
    "id": "spring",
    "name": "Spring sale",
    "sent": 1_000,
    "sent_at": "2026-09-21T14:13:20.000Z",
    "base_url": None,
    "passthrough": [],
    "mode": None,
    "mode_since": None,
    "mode_in_force": "individual",
    "carry": False,
    "archived": False,
    "demonstration": False,
    "links": [{"number": 1, "url": "https://shop.example/", "trap": False}],
}
_MINTED = {
    "recipient": "r-1001",
    "pixel_url": "https://t.example/o/TOKEN.gif",
    "link_1": "https://t.example/c/TOKEN",
    "choice_url": "https://t.example/u/TOKEN",
}
_REWRITTEN = {
    "html": '<p>Hello! <a href="https://t.example/c/TOKEN/1">Our shop</a></p>',
    "links": [{"number": 1, "url": "https://shop.example/"}],
    "skipped": [],
    "choice_url": "https://t.example/u/TOKEN",
    "notes": [
        "the HTML is shorter than 3,200 bytes and has no other image: SpamAssassin adds 0.6 to 2.2 points for the"
        " pixel; pixel=none leaves it out"
    ],
}
_WEBHOOK = {
    "name": "crm",
    "url": "https://crm.example/hooks",
    "events": ["opened", "clicked"],
    "verdicts": "human",
    "campaigns": [],
    "batch": 1,
    "insecure": False,
    "state": "running",
    "stopped_because": "",
    "created_at": "2026-11-28T09:00:00Z",
    "old_secret_until": None,
    "waiting": 0,
    "waiting_since": None,
    "letters": 0,
    "dead_letters": 0,
    "failing_since": None,
    "retry_at": None,
    "last_outcome": None,
    "last_status": None,
    "last_took_ms": None,
    "last_at": None,
    "posts": dict.fromkeys(PostOutcome, 0),
}
EXAMPLES: dict[str, Any] = {
    "Error": {"error": {"code": "invalid_input", "message": "recipient: is missing", "field": "recipient"}},
    "Campaign": _CAMPAIGN,
    "Campaigns": {"items": [_CAMPAIGN], "next": None},
    "KeptMail": {
        "campaign": "spring",
        "size_bytes": 58,
        "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "by_place": False,
        "registered_at": "2026-09-21T14:13:20.000Z",
        "registered_by": "writer",
        "links": [{"number": 1, "url": "https://shop.example/"}],
        "skipped": [],
    },
    "Minted": _MINTED,
    "MintedLine": _MINTED,
    "Rewritten": _REWRITTEN,
    "RewrittenLine": {"recipient": "r-1001"} | _REWRITTEN,
    "Delivered": {"accepted": 1, "opted_out": 0, "failed": 0},
    "DeliveredLine": {"accepted": 1, "opted_out": 0, "failed": 0},
    "Reported": {"accepted": 1, "failed": 0, "named": 1, "not_named": 0},
    "ReportedLine": {"accepted": 1, "failed": 0, "named": 1, "not_named": 0},
    "ConsentRecorded": {"consent": "taken"},
    "ConsentRecordedLine": {"row": 1, "consent": "taken"},
    "AddedInbound": {
        "name": "postmark-live",
        "esp": "postmark",
        "created_at": "2026-11-28T09:00:00Z",
        "waits": False,
        "url": "https://mailpixel:PASSWORD@t.example/in/postmark-live",
        "key": None,
        "setup": [
            "In Postmark, open your server, its message stream, Webhooks, Add webhook, and paste the URL."
        ],
    },
    "Webhook": _WEBHOOK,
    "AddedWebhook": _WEBHOOK | {"secret": "whsec_SECRET"},
    "NewSecret": {"secret": "whsec_SECRET", "old_secret_until": "2026-11-29T09:00:00Z"},
    "Trial": {"outcome": "accepted", "status": 204, "took_ms": 38, "problem": "", "answer": ""},
    "Retried": {"letters": 1},
    "Health": {"status": "ok"},
}
"""One answer of each kind that a client sends something for, by the name of its schema."""
