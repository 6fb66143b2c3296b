"""How templates write their fields: tables of patterns, each with an example.

Source: the merge fields of the ESPs named in the tests (collected 2026-11).
"""

import re

# Lengths are bounded, so that a text of only openings takes linear time.
_NAME = r"[A-Za-z_][^\[\]{}()<>\"'`\\/?&#~@$%*\x00]{0,99}"
VALUE = "|".join(
    (
        r"(?:true|false|null)\s?[\]},]",
        r"[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-",
        r"\w{1,99}:[-\d]",
        r"[^\]}&@$~]{0,99}(?:[ +]|%20)TO(?:[ +]|%20)",
        r"[\w .-]{1,99},(?! ?\w{1,30}=)",
    )
)
"""How values begin, whatever stands around them: JSON, a GUID, a number in it, a range, a list."""
_MARKED = tuple(
    rf"{opening}{mark} ?[A-Za-z_$][^\[\]{{}}\x00]{{0,99}}{mark}{closing}"
    for opening, closing in ((r"\[", r"\]"), (r"\{", r"\}"))
    for mark in ("~", "!!", r"\|", r"\*", "#", r"\$")
)
_TOKENS = "|".join(
    (
        r"\{\{",  # {{x}} {{{x}}}
        r"\{%(?![0-9A-Fa-f]{2})",  # {% x %}
        r"\{%[^{}\x00]{0,500}%\}",  # the same, and no JSON that begins {%22
        r"\{[$!@][A-Za-z_(]",  # {$x} {!a.b} {@x}
        r"\{[A-Za-z_]\w{0,99}\.[\w.]{1,99}\}",  # {a.b}
        r"\*\|[^|]{1,500}\|\*",  # *|x|*
        r"%%[^%]{1,500}%%",  # %%x%%
        r"%\(\w{1,99}\)[a-z]",  # %(x)s
        r"%\{[A-Za-z_][^{}\x00]{0,99}\}",  # %{x}
        # %x.y% %x|UPPER% %x:y%, which two escapes are not: one % or the other must not begin an escape
        r"%(?![0-9A-Fa-f]{2})[A-Za-z_][\w.-]{0,99}(?:[:|][\w.:| -]{0,99})?%",
        r"%[A-Za-z_][\w.-]{0,99}(?:[:|][\w.:| -]{0,99})?%(?![0-9A-Fa-f]{2})",
        r"\[\[[^\[\]\"'0-9-][^\[\]]{0,500}\]\]",  # [[x]]
        r"\$\{[^{}]{1,500}\}",  # ${x}
        r"#\{[^{}]{1,500}\}",  # #{x}
        r"@\{[^{}]{1,500}\}",  # @{x}
        r"<%",  # <%= x %>
        r"<\?",  # <? x ?>
        r"\$\[[^\[\]]{1,500}\]\$",  # $[x]$
        rf"\(\(\s?{_NAME}(?:\?\?[^()&\x00]{{0,99}})?\)\)",  # ((x)) ((x??y))
        rf"##{_NAME}##",  # ##x##
        rf"@@{_NAME}@@",  # @@x@@
        rf"<<{_NAME}>>",  # <<x>>
        rf"\$\${_NAME}\$\$",  # $$x$$
        r"~~[A-Za-z_][^~/?#&\x00]{0,199}~~",  # ~~x~~
        r"#[A-Za-z_]\w{0,99}[:.][\w.:|, -]{1,99}#",  # #pf:name#
        r"~[A-Za-z_]\w{0,99}\.[\w.]{1,99}~",  # ~Contact.Email~
        r"\{(?!\w{1,99}:[-\d{\[])[A-Za-z_][\w -]{0,99}[:=|][^{}\"'&,\x00]{0,99}\}",  # {contactfield=x} {subscriber:x}
        r"(?<![\w\]/])\[(?!\w{1,99}:[-\d{\[])[A-Za-z_][\w -]{0,99}[:=|][^\[\]\"'&\x00]{0,99}\]",  # [subscriber:email]
        r"(?<=[^/:]/)\[[A-Za-z_][\w -]{0,99}[:=|][^\[\]\"'&\x00]{0,99}\]",  # and in a path, but no IPv6 host
        r"\[% ?[A-Za-z_][^\[\]\x00]{0,99}%\]",  # [% x %]
        r"\[%(?![0-9A-Fa-f]{2})[A-Za-z_][\w.:-]{0,99}\]",  # [%x]
        r"\$[A-Za-z_]\w{0,99}\([^$\x00]{0,199}\)\$",  # $f(x)$
        r"\{[A-Za-z_]\w{0,99}\((?!\w{1,99}:)[^{}\x00]{0,199}\)\}",  # {f(x)}
        r"\$!\{[A-Za-z_]",  # $!{x}
        *_MARKED,  # {~x~} {!! $x !!} [*x*] [$x$]
        # Where a host stands nothing else has these letters: http://$unsub$ http://[url] https://{shop}.example/
        rf"(?<=//)(?:\${_NAME}\$|\[(?![0-9A-Fa-f:.]{{1,45}}\]){_NAME}\])(?=[/?#:]|$)",
        rf"//(?:[\w.-]{{0,99}}\.)?\{{{_NAME}\}}(?=[./?#:]|$)",
    )
)
"""Patterns that are a field anywhere, each with an example."""
_WHOLE = rf"(?!{VALUE})(?:{_NAME})"
_BRACKETS = (
    (r"\[", r"(?=\s?)\s?", r"(?:/[^\[\]&\x00]{0,99})?\]"),  # [name/what stands for an empty one]
    (r"\{", r"\s?", r"\}"),
    ("~", "[@$]?", "~"),
    ("@", "", "@"),
    (r"\$", "", r"\$"),
    ("#", "", "#"),
    ("<", "", ">"),
    ("::", "", "::"),
    ("\u00ab", "", "\u00bb"),
)
"""What opens a field, what may follow the opening, and what closes it."""
_BRACKETED = "|".join(
    (
        *(f"{opening}{space}{_WHOLE}{closing}" for opening, space, closing in _BRACKETS),
        r"\{[0-9]{1,2}\}",  # {0}
        r"\([A-Za-z_]\w{0,99}\)",  # (x)
        r"\([A-Za-z_][\w ]{0,99}\|[^()&\x00]{0,99}\)",  # (x|y)
        r"\$![A-Za-z_][\w.]{0,99}",  # $!x
    )
)
"""Patterns that are a field if they are the whole value of a parameter."""
FIELD = re.compile(rf"{_TOKENS}|(?<=[=?&;#])(?:{_BRACKETED})(?=[&;#]|$)")
"""Anything that is certainly a field, anywhere in a URL."""
WHOLE_FIELD = re.compile(rf"-\w[\w.]*-|\[[^\[\]]+\]|{_BRACKETED}")
"""A field that is all of a URL or of a value."""
ESCAPED_FIELD = re.compile(
    "|".join(
        (
            r"%25%25[^%]{1,100}%25%25",  # %%x%%
            r"%25%25(?:[=!$\[]|%3D|%21|%24|%5B).{1,300}?%25%25",  # %%=x=%% %%[x]%%
            r"(?<=[=?&;])%25[A-Za-z_][\w.-]{0,99}(?:(?:[:|]|%3A|%7C)[\w.-]{1,99})?%25(?=[&;#]|$)",  # %x%
            r"(?:\[|%5B)%25(?:%20|[ +])?[A-Za-z_][^\[\]\x00]{0,199}?(?:\]|%5D)",  # [%x]
            r"%25(?:\(|%28)\w{1,99}(?:\)|%29)[sd]",  # %(x)s
            r"%25(?:\{|%7B)[A-Za-z_][^{}%]{0,99}(?:\}|%7D)",  # %{x}
            r"(?:\{|%7B)%25[^{}]{1,200}?%25(?:\}|%7D)",  # {%x%}
            r"(?:\$|#|@|%24|%23|%40)%7B[A-Za-z_][^{}%]{0,99}%7D",  # ${x} #{x} @{x}
            r"(?:<|%3C)%25.{1,200}?%25(?:>|%3E)",  # <%x%>
            # {x:y} {x=y} {x|y}
            r"%7B[A-Za-z_][\w -]{0,99}(?:[:=|]|%3A|%3D|%7C)(?![-\d%])[^{}\"'&%]{0,99}%7D",
            r"%7B(?-i:[A-Z][A-Z_]{2,99})%7D",  # {NAME}
            r"(?<=[=?&;])%3C[A-Za-z_]\w{0,99}%3E(?=[&;#]|$)",  # <x>
            r"%3C%3C[A-Za-z_]\w{0,99}%3E%3E",  # <<x>>
            r"(?<=[=?&;])%C2%AB[A-Za-z_].{0,199}?%C2%BB(?=[&;#]|$)",  # «x»
        )
    ),
    re.IGNORECASE,
)
"""Spellings in escapes that the decoded text would not show, or not safely."""
ESCAPE = re.compile(r"%(5B|5D|7C|7E|40|24|21|23|28|29|20|22|27|3A|3D|2A|2C|2E|26|3F|2F)", re.IGNORECASE)
"""Escapes of letters that may be part of a field."""
BRACES = re.compile("%7(?:(B)|(D))", re.IGNORECASE)
"""Escapes of braces."""
RESEMBLING = re.compile(
    "|".join(
        (
            rf"(?<!\w)\{{(?!{VALUE})[A-Za-z_][^{{}}\"']{{0,99}}\}}",  # {x}
            rf"(?<![\w\]])(?<!//)\[(?!{VALUE})[A-Za-z_][^\[\]\"']{{0,99}}\]",  # [x]
            r"(?<=[=/#])([~@$*|!^#])[A-Za-z_][\w .:-]{0,99}\1(?=[/?&;#]|$)",  # ~x~ @x@ *x* and the like
            r"(?<=[=/])(?:_{1,2}|-)[A-Z][A-Z_]{1,99}(?:_{1,2}|-)(?=[/?&;#]|$)",  # _X_ __X__ -X-
            r"(?<==)(?:\$|\$!|!)[A-Za-z_][\w.]{0,99}(?=[&;#]|$)",  # $x $!x !x
            r"(?<=[=/])[$@]\([A-Za-z_][\w.]{0,99}\)",  # $(x) @(x)
        )
    )
)
"""Patterns that look like a field but may be a value."""
BRACKET = re.compile(r"[\[{~@$*|!^#]|%[2457]|__|=-")
"""Letters of which each field found by `RESEMBLING` has one. Few URLs do, so the slow search is rare."""
SPANNED = re.compile(
    "|".join(
        (
            r"\{\{[^\n]{0,500}?\}\}+",
            r"\{%[^\n]{0,500}?%\}",
            r"<%[^\n]{0,500}?%>",
            r"<\?[^\n]{0,500}?\?>",
            r"\{\$[^\n}]{0,99}\}",
            _TOKENS,
        )
    )
)
"""Fields from their opening to their end, for a text that is cut around them."""
