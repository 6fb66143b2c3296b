"""The visitor of a day: a key that stands for one address and browser on one site, as long as its salt is kept.

Whoever shares an address and a browser is one visitor; a phone that changes its network is two. Two sites, or two days,
cannot be compared.
"""

import hmac
from binascii import b2a_base64

KEY_BYTES, KEY_CHARS = 16, 22
_URL_SAFE = bytes.maketrans(b"+/", b"-_")


def visitor_key(salt: bytes, site: str, address: str, agent: str) -> str:
    """The key of a visitor: 22 characters of base64url.

    `salt` is that of the UTC day on which the request was received, `site` the id of the site. `address` is
    canonical text, empty where it is not known.
    """
    told = f"{site}\n{address}\n{agent}".encode()
    found = hmac.digest(salt, told, "sha256")[:KEY_BYTES]
    return b2a_base64(found, newline=False)[:KEY_CHARS].translate(_URL_SAFE).decode("ascii")
