"""Takes everything out of a style sheet that could load something: what is left is safe however it is read.

Nothing loads without a function (`url`, `image-set`, `src` and others), an at-rule (`@import`, `@font-face`) or an
escape that spells one of them. So every escape and comment goes, and every function and at-rule that is not in the
lists below gets a name that means nothing: a browser ignores the declaration or the rule. The check looks at the text
that is given out, not at what it was meant to be, so no trick of nesting or quoting gets past it.
"""

import re

FUNCTIONS = frozenset(
    ["rgb", "rgba", "hsl", "hsla", "calc", "min", "max", "clamp", "var", "linear-gradient", "radial-gradient",
     "repeating-linear-gradient", "repeating-radial-gradient", "cubic-bezier", "steps", "rotate", "scale", "translate",
     "translatex", "translatey", "matrix", "skew", "not", "is", "where", "has", "nth-child", "nth-of-type", "lang",
     "first-child", "and", "or", "only", "screen", "all", ""]
)  # fmt: skip
"""Functions and words in front of a bracket that load nothing."""
AT_RULES = frozenset(
    ["media", "supports", "keyframes", "-webkit-keyframes", "-moz-keyframes", "layer", "container"]
)
"""At-rules that load nothing by themselves."""
NOTHING = "x-left-out"
"""The name of what means nothing."""

_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_CALL = re.compile(r"(?<![\w-])([\w-]*+)\(")
"""A whole word before a bracket: it begins where a word begins and gives nothing back, so the time stays linear."""
_AT = re.compile(r"@([\w-]*)")
_LETTERS = str.maketrans({"\\": None, "<": None, "\0": None})


def harmless(css: str) -> str:
    """The style sheet, or the text of a style attribute, without anything that loads. It never raises."""
    text = _COMMENT.sub(" ", css.translate(_LETTERS))
    text = text.replace("/*", " ")
    text = _CALL.sub(_call, text)
    return _AT.sub(_at_rule, text)


def _call(match: re.Match[str]) -> str:
    return match[0] if match[1].lower() in FUNCTIONS else f"{NOTHING}("


def _at_rule(match: re.Match[str]) -> str:
    return match[0] if match[1].lower() in AT_RULES else f"@{NOTHING}"
