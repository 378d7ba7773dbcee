"""Whether a cue is meant: not where it is denied, supposed, hearsay, a quotation, a story or a joke.

All texts here are folded (`fold`). The expressions of each language lie in its file of cues, table [context].
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

Fold = Callable[[str], str]
_ACCENTS = str.maketrans("àáâãäåçèéêëìíîïñòóôõöøùúûüýÿ’‘ʼ", "aaaaaaceeeeiiiinoooooouuuuyy'''")
_QUOTED = re.compile(r"„[^“”\"]*[“”\"]|“[^”\"]*[”\"]|\"[^\"]*\"|»[^«]*«|«[^»]*»|(?<!\w)'[^'\n]{8,}'(?!\w)")
_CLAUSE_END = re.compile(r"[,;:()–—]|\s-\s|\b(?:aber|sondern|doch|but|however|mais|pero|però|ma|maar|mas|et|und|and)\b")
# "Der Preis betrug 20 Euro": amounted to; the noun Betrug (fraud) has no number after it.
_AMOUNTED = re.compile(
    r"^\W+(?:\w+\W+){0,3}?(?:\d|null|ein(?:e[nr]?)?\b|zwei|drei|vier|fuenf|sechs|zehn|zwoelf|zwanzig|etwa|rund|knapp|ueber|"
    r"nur|weniger|insgesamt|gerade)"
)
_WHOLE = 0.7  # a "quotation" of more of the text than this is the review itself


class Sentence(NamedTuple):
    """A sentence, where it begins, and the places of its quotations in it."""

    text: str
    start: int
    quotations: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Context:
    """The expressions of one language; each finds nothing where the language has none."""

    denied: re.Pattern[str]
    not_denied: re.Pattern[str]
    denied_after: re.Pattern[str]
    unreal: re.Pattern[str]
    condition: re.Pattern[str]
    threat: re.Pattern[str]
    hazard: re.Pattern[str]
    hearsay: re.Pattern[str]
    said: re.Pattern[str]
    expert: re.Pattern[str]
    fiction: re.Pattern[str]
    real: re.Pattern[str]
    ironic: re.Pattern[str]
    elsewhere: re.Pattern[str]


def fold(text: str) -> str:
    """Lower case without accents, so that typing without them changes nothing."""
    return text.lower().replace("ß", "ss").translate(_ACCENTS)


def fold_german(text: str) -> str:
    """As `fold`, with umlauts spelled out: Rückruf, Rueckruf and RÜCKRUF are one word, wurde and würde stay two."""
    return fold(text.lower().replace("ä", "ae").replace("ö", "oe").replace("ü", "ue"))


def folding(language: str | None) -> Fold:
    """How texts and cues of a language are folded."""
    return fold_german if language == "de" else fold


def context_of(table: Mapping[str, Sequence[str]], folded: Fold) -> Context:
    """The expressions of a table [context]; `denied` reaches four words on, to the end of what stands before a cue.

    They are folded as the texts are, so a class in capitals (no word character) cannot be written in them.
    """

    def words(name: str, form: str = r"\b(?:{})(?!\w)") -> re.Pattern[str]:
        listed = "|".join(folded(entry) for entry in table.get(name, ()))
        return re.compile(form.format(listed) if listed else r"(?!)")

    return Context(
        denied=words("denied", r"\b(?:{})(?!\w)(?:\W+\w+(?:'\w+)?){{0,4}}\W*$"),
        denied_after=words("denied_after", r"^\w*\W+(?:\w+\W+){{0,1}}?(?:{})(?!\w)"),
        **{name: words(name) for name in _PLAIN},
    )


_PLAIN = (
    "not_denied", "unreal", "condition", "threat", "hazard", "hearsay", "said", "expert", "fiction", "real", "ironic",
    "elsewhere",
)  # fmt: skip


def sentences(text: str, ends: re.Pattern[str]) -> list[Sentence]:
    """The sentences of a folded text. A quotation may run over several; the whole review in quotes is none."""
    quoted = [match.span() for match in _QUOTED.finditer(text) if len(match.group()) <= _WHOLE * len(text)]
    found: list[Sentence] = []
    start = 0
    for end, after in [*(match.span() for match in ends.finditer(text)), (len(text), len(text))]:
        if text[start:end].strip():
            inside = tuple((low - start, high - start) for low, high in quoted if low < end and high > start)
            found.append(Sentence(text[start:end], start, inside))
        start = after
    return found


def is_denied(sentence: str, start: int, end: int, context: Context) -> bool:
    """Whether the cue at `start` to `end` is denied in its clause: before it, between its words, or right after."""
    low, after = _clause(sentence, start, end)
    last = start + max(sentence[start:end].rfind(" ") + 1, 0)
    match = context.denied.search(sentence[low:last]) or context.denied.search(sentence[low:start])
    if match and not context.not_denied.search(sentence, low + match.start(), end):
        return True
    return bool(context.denied_after.search(after)) and not context.not_denied.search(sentence, low, start)


def is_supposed(sentence: str, start: int, context: Context, *, is_harm: bool) -> bool:
    """Whether what the cue names is only imagined: under a condition that did not hold, or general advice.

    "If nothing comes by Friday I will call a lawyer" is a threat, and meant. Of harm, "could have been" is meant too.
    """
    before = sentence[:start]
    condition = context.condition.search(before)
    if is_harm and condition is None and context.hazard.search(sentence):
        return False
    if context.unreal.search(sentence, _clause(sentence, start, start)[0], start):
        return True
    if condition is None:
        return False
    if context.unreal.search(sentence):
        return True
    if context.threat.search(sentence):
        return False
    return "," not in before[condition.end() :]


def is_hearsay(sentence: str, start: int, context: Context, *, by_anyone: bool) -> bool:
    """Whether others are said to have said it; a doctor's word counts. `by_anyone`: "he said" is hearsay as well."""
    before = sentence[:start]
    if context.expert.search(before):
        return False
    return bool(context.hearsay.search(before) or (by_anyone and context.said.search(before)))


def is_fiction(text: str, sentence: str, context: Context) -> bool:
    """Whether the sentence tells of a game, film or book; two of its words elsewhere in the text do as well."""
    if context.real.search(sentence):
        return False
    if context.fiction.search(sentence):
        return True
    return len(set(context.fiction.findall(text))) >= 2


def is_amount(sentence: str, start: int, end: int, text: str) -> bool:
    """Whether "betrug" is the verb: amounted to. A capital in a text that has small letters too makes it the noun."""
    if sentence[start:end] != "betrug" or sentence[end : end + 1].isalpha():
        return False
    if re.search(r"\bBetrug\b", text):
        return False
    return bool(_AMOUNTED.search(sentence[end:]))


def _clause(sentence: str, start: int, end: int) -> tuple[int, str]:
    """Where the cue's own clause begins, and what stands in it after the cue."""
    low = max((match.end() for match in _CLAUSE_END.finditer(sentence, 0, start)), default=0)
    stop = _CLAUSE_END.search(sentence, end)
    return low, sentence[end : stop.start() if stop else len(sentence)].rstrip(" .!?…")
