"""What is put around the text of alerts when they are sent: signs, links, several in one message."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from pipeline.reputation.alert_text import Message
from pipeline.reputation.evaluation import RANK
from pipeline.reputation.numbers import Language
from pipeline.reputation.wording import ENVELOPE, SIGNS
from pipeline.review import Incident


def enclosed(
    message: Message,
    incident: Incident,
    language: Language,
    *,
    links: Mapping[str, str],
    is_reminder: bool = False,
    maybe_twice: bool = False,
) -> Message:
    """The message of one incident as it goes out; `links` lead from answers to addresses, none where there are none."""
    words = ENVELOPE[language]
    before = [words["reminder"]] if is_reminder else []
    if maybe_twice:
        before.append(words["maybe_twice"])
    # An excess of negatives that suspicious reviews carry counts negatives; a burst alone counts all of it.
    if incident.dedup_key.startswith("manipulation|"):
        before.append(words["suspicious"])
    after = []
    known = [SIGNS[language].get(sign, sign) for sign in incident.signs]
    if known:
        after.append(words["signs"].format(signs="; ".join(known)))
    plain, rich = list(after), list(after)
    if links:
        plain.append(words["answer"].format(links=", ".join(f"{words[a]} {url}" for a, url in links.items())))
        rich.append(words["answer"].format(links=" · ".join(f"[{words[a]}]({url})" for a, url in links.items())))
    return replace(
        message,
        text="\n".join([*before, message.text, *plain]),
        markdown="\n\n".join([*before, message.markdown, *rich]),
    )


def digest(told: Sequence[tuple[Incident, Message]], language: Language, *, maybe_twice: bool = False) -> Message:
    """Several incidents in one message, the gravest first, each with its title and id.

    Raises:
        ValueError: there is none.
    """
    if not told:
        raise ValueError("a digest needs an incident")
    words = ENVELOPE[language]
    gravest = max((incident.severity for incident, _ in told), key=RANK.__getitem__)
    title = words["digest"].format(severity=gravest, n=len(told))
    lines = [f"- {message.title} ({incident.incident_id})" for incident, message in told]
    before = [words["maybe_twice"]] if maybe_twice else []
    text = "\n".join([*before, *lines, words["digest_more"]])
    markdown = "\n\n".join([f"**{title}**", *before, "\n".join(lines), words["digest_more"]])
    return Message(title, text, markdown)
