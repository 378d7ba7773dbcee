"""Every command, view, setting and link is documented, and nothing is documented that is not there."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from pipeline import settings as settings_room
from pipeline import sources
from pipeline.cli.app import app
from pipeline.errors import BadInput, PipelineError, SourceBlocked, SourceError, UsageError

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
ANALYSTS = (ROOT / "docs" / "analysts.md").read_text(encoding="utf-8")


def commands() -> list[str]:
    found = [str(command.name) for command in app.registered_commands]
    for group in app.registered_groups:
        assert group.typer_instance is not None
        found += [f"{group.name} {command.name}" for command in group.typer_instance.registered_commands]
    return sorted(found)


def test_every_command_is_documented_and_no_other():
    documented = {" ".join(match) for match in re.findall(r"\| `leumund (\w[\w-]*)((?: [a-z-]+)?)", COMMANDS)}
    named = {name.replace("  ", " ").strip() for name in documented}
    for command in commands():
        assert any(name == command or name.startswith(command) for name in named), command
    assert len(named) >= len(commands())


@pytest.mark.parametrize("name", sources.names())
def test_every_source_is_documented(name: str):
    listed = (ROOT / "docs" / "sources" / "README.md").read_text(encoding="utf-8")
    assert f"`{name}`" in listed
    page = ROOT / "docs" / "sources" / f"{name}.md"
    if name not in ("web_page", "feed", "steam", "file"):
        assert f'source = "{name}"' in page.read_text(encoding="utf-8")


@pytest.mark.parametrize("view", sorted(path.stem for path in (ROOT / "warehouse" / "marts").glob("*.sql")))
def test_every_view_is_documented(view: str):
    assert f"`{view}`" in ANALYSTS
    assert f"`{view}`" in (ROOT / "warehouse" / "README.md").read_text(encoding="utf-8")


def test_exit_codes_are_those_of_the_errors():
    for code, kind in {1: PipelineError, 2: UsageError, 3: BadInput, 4: SourceBlocked, 5: SourceError}.items():
        assert kind.exit_code == code
        assert f"\n| {code} | " in COMMANDS


def test_the_template_is_valid_and_names_every_section():
    template = (ROOT / "pipeline" / "cli" / "leumund.toml.template").read_text(encoding="utf-8")
    settings_room.Settings(**tomllib.loads(template))
    uncommented = re.sub(r"^# (?=[\[a-z])", "", template, flags=re.MULTILINE)
    for name in settings_room.Settings.model_fields:
        if name not in {"batch_size", "model"}:
            assert re.search(rf"^\[*{name}[\].]*(\s|$)", uncommented, flags=re.MULTILINE), name


@pytest.mark.parametrize("page", ["README.md", *(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))])
def test_links_lead_somewhere(page: str):
    path = ROOT / page
    for target in re.findall(r"\]\(([^)#]+)\)", path.read_text(encoding="utf-8")):
        if not target.startswith("http"):
            assert (path.parent / target).exists(), f"{page}: {target}"


def test_the_readme_gives_the_two_commands():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "make demo" in readme
    assert "make test" in readme
