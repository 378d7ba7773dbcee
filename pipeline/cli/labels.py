"""`leumund label ...`: people judge texts, so that the model can be measured on them."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import Annotated, Literal

import typer

from pipeline.cli.console import out
from pipeline.errors import UsageError

app = typer.Typer(help="Judge texts yourself, and measure the model by it.", no_args_is_help=True)
How = Literal["random", "unsure", "conflict"]
HowOption = Annotated[
    How, typer.Option(help="By chance (speaks for all), where the model is unsure, or against stars.")
]
By = Annotated[str | None, typer.Option(help="Who judges; default your login.")]
Language = Annotated[str | None, typer.Option("--lang", help="Only texts in this language.")]
Seed = Annotated[str, typer.Option(help="Another seed draws other texts.")]
KEYS = {"n": "negative", "u": "neutral", "p": "positive"}


@app.command("draw")
def draw(
    to: Annotated[Path, typer.Option("--out", help="CSV file to fill in.")],
    size: Annotated[int, typer.Option("--size", min=1, help="How many texts.")] = 100,
    how: HowOption = "random",
    lang: Language = None,
    by: By = None,
    seed: Seed = "1",
) -> None:
    """Write texts with an empty column `label` to a CSV file; fill it in with negative, neutral, positive or - 0 +."""
    from pipeline.steps import labelling

    count = labelling.draw_file(to, by or getpass.getuser(), how, size, lang, seed)
    out.print(f"{count:,} texts in {to}; fill in `label`, then: leumund label take {to}", markup=False)


@app.command("take")
def take(file: Annotated[Path, typer.Argument(help="A filled-in file of `label draw`.")], by: By = None) -> None:
    """Store the labels of a filled-in file; whole or not at all, and twice is once."""
    from pipeline.steps import labelling

    changed, empty = labelling.take_file(file, by or getpass.getuser())
    out.print(f"{changed:,} labels new or changed, {empty:,} lines still empty")


@app.command("ask")
def ask(
    size: Annotated[int, typer.Option("--size", min=1, help="How many texts.")] = 20,
    how: HowOption = "random",
    lang: Language = None,
    by: By = None,
    seed: Seed = "1",
) -> None:
    """Show texts one by one: n negative, u neutral, p positive, s skip, q stop. Every answer is stored at once."""
    from pipeline.steps import labelling
    from pipeline.warehouse.labels import Judgement

    labeller = by or getpass.getuser()
    texts = labelling.draw(labeller, how, size, lang, seed)
    stored = 0
    for place, each in enumerate(texts, start=1):
        out.print(f"\n[{place}/{len(texts)}] {each.text}", markup=False)
        answer = ""
        while answer not in (*KEYS, "s", "q"):
            answer = typer.prompt("n/u/p, s skips, q stops").strip().lower()[:1]
        if answer == "q":
            break
        if answer in KEYS:
            labelling.keep(labeller, how, Judgement(each.text_hash, KEYS[answer]))
            stored += 1
    out.print(f"{stored:,} labels stored; `mart.v_model_quality` counts them after the next run")


@app.command("export")
def export(to: Annotated[Path, typer.Option("--out", help="JSON lines.")]) -> None:
    """Write every label with its text, for `python models/sentiment/evaluate.py --labels FILE`."""
    from pipeline.steps import labelling

    if to.suffix != ".jsonl":
        raise UsageError(f"{to.name} is no .jsonl file", where="--out", remedy="Write --out labels.jsonl")
    out.print(f"{labelling.export(to):,} labels in {to}", markup=False)


@app.command("agree")
def agree() -> None:
    """How far each two labellers agree: texts both judged, share judged alike, Cohen's kappa."""
    from pipeline.cli.rows import as_table
    from pipeline.steps import labelling

    rows = [(each.one, each.other, each.n, each.share, each.kappa) for each in labelling.agreements()]
    if not rows:
        out.print("No text has been judged by two people yet.")
        return
    out.print(as_table(["one", "other", "texts", "alike", "kappa"], rows))
