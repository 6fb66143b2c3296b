"""Decides which column of a list holds the recipients, which are kept, and whether the first line is a header."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mailpixel.claims import are_recipients
from mailpixel.errors import InvalidInput

ONLY_COLUMN = re.compile(
    r"(recipient|subscriber|customer|contact|user|member|person|profile)?[ _-]?(id|ids|key|uid|uuid|guid)"
    r"|recipients?|subscribers?|customers?|contacts?|e?-?mail([ _-]?address)?|address",
    re.IGNORECASE,
)
"""Words that are certainly a header of one column."""
HEADINGS = re.compile(
    r"(first|last|full|user|login|nick|sur|fore|family)?[ _-]?name|login|key|code|number|num|no\.?|nr\.?|value|column"
    r"|(column|field|spalte|feld|colonne|champ|columna|campo|colonna|kolom|kolumna|unnamed)[ :_-]*[0-9]*"
    r"|kunden?(nummer|nr\.?|id)?|mitglied(snummer)?|empf(ä|ae)nger|abonnent(en)?|vorname|nachname|benutzer(name)?"
    r"|client|cliente|abonn(é|e)|destinataire|nom|pr(é|e)nom|courriel|identifiant|num(é|e)ro"
    r"|destinatario|correo|nombre|usuario|utente|nome|codice|numero|klant(nummer)?|naam|odbiorca|klient",
    re.IGNORECASE,
)
"""Words that are often a header of one column but may be an id: then the sender must say."""
LOOKED_AT_ROWS = 1_000
STRAY = 0.01
"""The share of rows that may differ from the others."""


class UnclearHeader(InvalidInput):
    """The first line of a list of one column may name the column or be a recipient. `name` is what it holds."""

    def __init__(self, name: str) -> None:
        super().__init__(
            "recipients",
            f"the first line, `{name}`, looks like the name of the column and not like a recipient; say which it is",
        )
        self.name = name


@dataclass(frozen=True, slots=True)
class Wanted:
    """A sender's wishes for a list.

    `column` holds the ids (None: `recipient` or the only one). `keep` names other columns that are copied to
    the output, and `keep_all` means all of them. `headerless` says that the first line is a recipient.
    """

    column: str | None = None
    keep: tuple[str, ...] = ()
    keep_all: bool = False
    headerless: bool = False


AS_IT_IS = Wanted()
"""The column `recipient`, or the only one; nothing kept."""


def column_of(names: list[str], column: str | None) -> int | None:
    """The index of the column with the recipients; None for the only column, under another name.

    Raises `InvalidInput` when it cannot be determined.
    """
    wanted = "recipient" if column is None else column.strip()
    found = [at for at, name in enumerate(names) if name.casefold() == wanted.casefold()]
    if len(found) == 1:
        return found[0]
    if column is None and len(names) == 1 and not found:
        return None
    what = "the header names it more than once" if found else f"the first row names no column `{wanted}`"
    raise InvalidInput("column", f"{what}, but {shown(names)}; set `column` to the right one")


def shown(names: list[str]) -> str:
    """Column names for a message, without any that may be a person's address in a list without a header."""
    shown = [f"`{name}`" for name in names[:20] if "@" not in name and 0 < len(name) <= 40]
    return ", ".join(shown) if shown else "nothing like a column name"


def may_be_header(first: str, rest: Sequence[str]) -> bool:
    """Whether the first line of a list of one column may be a header.

    It may if it is a word that is used as a header, or lacks something that all lines below have in common.
    """
    if HEADINGS.fullmatch(first):
        return True
    if "@" in first or any(char.isdigit() for char in first) or not 1 <= len(first) <= 64:
        return False
    return any(not trait(first) and _all_but_few(trait, rest) for trait in TRAITS)


TRAITS: tuple[Callable[[str], bool], ...] = (
    lambda text: any(char.isdigit() for char in text),
    lambda text: "@" in text,
    lambda text: are_recipients([text]),
    lambda text: text == text.lower(),
    lambda text: text == text.upper(),
    lambda text: any(char in "-_.:" for char in text),
)
"""What ids of one list have in common: digits, an `@`, the letters of ids, their case, punctuation."""


def _all_but_few(trait: Callable[[str], bool], rest: Sequence[str]) -> bool:
    return bool(rest) and sum(not trait(text) for text in rest) <= STRAY * len(rest)


def kept_columns(names: Sequence[str], recipient: int, wanted: Wanted) -> list[int]:
    """The indexes of the columns to keep. Raises `InvalidInput` for a name that is missing or occurs twice."""
    if wanted.keep_all:
        return [at for at, name in enumerate(names) if at != recipient and name]
    return [_place(names, name.strip()) for name in wanted.keep]


def _place(names: Sequence[str], wanted: str) -> int:
    found = [at for at, name in enumerate(names) if name.casefold() == wanted.casefold()]
    if len(found) == 1:
        return found[0]
    what = "is named more than once" if found else "is not there"
    raise InvalidInput("keep", f"the column `{wanted}` {what}; the list has {shown(list(names))}")
