"""What the site makes of the program: a page for every command and diagnostic, and notebooks shown as cells."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import click
from mkdocs.structure.files import File

from nbprod.cli import main
from nbprod.model.faults import FAULTS, Fault, example_cells

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

FAMILIES = {
    "NB1": "Reading: the file and its cells",
    "NB2": "Steps: what they read and make",
    "NB3": "Running: values, randomness and the world",
    "NB4": "Writing: export and what stands there",
}
NOTEBOOK = re.compile(r'^```python(?: title="(?P<path>[^"]+)")?\n(?P<text># %%.*?)^```$', re.MULTILINE | re.DOTALL)


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Give each diagnostic's page its place in the navigation."""
    for entry in config.nav or []:
        if isinstance(entry, dict) and "Diagnostics" in entry:
            entry["Diagnostics"] += [{code: f"diagnostics/{code}.md"} for code in sorted(FAULTS)]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the generated pages."""
    for path, content in pages().items():
        files.append(File.generated(config, path, content=content))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG001  (MkDocs' signature)
    """Show a notebook that is written out in one block as cells."""
    return NOTEBOOK.sub(lambda block: cells(block["text"], block["path"]), markdown)


def cells(text: str, path: str | None) -> str:
    """Return a block for each cell, headed by the notebook's path and the cell's tags."""
    blocks = []
    for number, cell in enumerate(example_cells(text)):
        about = [path] if path and not number else []
        about += [f"tags: {', '.join(cell.tags)}"] if cell.tags else []
        title = f' title="{" · ".join(about)}"' if about else ""
        blocks.append(f"```{'python' if cell.is_code else 'markdown'}{title}\n{cell.source}\n```\n")
    return "\n".join(blocks)


def pages() -> dict[str, str]:
    """Return every generated page by its path."""
    found = {f"diagnostics/{code}.md": diagnostic(fault) for code, fault in FAULTS.items()}
    return found | {"diagnostics/index.md": diagnostics(), "commands.md": commands()}


def diagnostics() -> str:
    """Return the list of all diagnostics."""
    lines = [
        "# Diagnostics",
        "",
        "What can be wrong with a notebook. All are reported at once, in the order of the cells, each with what to do.",
        "An **error** stops export, a **warning** does not, a **hint** is advice.",
        "`nbprod explain CODE` shows the same in a terminal.",
    ]
    for prefix, title in FAMILIES.items():
        lines += ["", f"## {title}", "", "| code | | |", "|---|---|---|"]
        lines += [
            f"| [{code}]({code}.md) | {fault.severity} | {escaped(fault.title)} |"
            for code, fault in sorted(FAULTS.items())
            if code.startswith(prefix)
        ]
    return "\n".join(lines) + "\n"


def diagnostic(fault: Fault) -> str:
    """Return the page of one diagnostic."""
    kind = "python" if fault.has_example_notebook else "text"
    return (
        f"# {fault.code}: {fault.title}\n\n*{fault.severity}*\n\n{fault.why}\n\n"
        f"## What it looks like\n\n{fenced(fault.bad, kind)}\n## The cure\n\n{fenced(fault.cure, kind)}"
    )


def commands() -> str:
    """Return the page of all commands, as they describe themselves."""
    context = click.Context(main, info_name="nbprod", terminal_width=80, **main.context_settings)
    parts = ["# Commands\n", fenced(main.get_help(context), "text")]
    for name, command in subcommands(context):
        inner = click.Context(command, info_name=name, parent=context, terminal_width=80)
        parts.append(f"## nbprod {name}\n\n{fenced(command.get_help(inner), 'text')}")
    return "\n".join(parts)


def subcommands(context: click.Context) -> Iterator[tuple[str, Any]]:
    """Yield each command with its name, in the order of the program's help."""
    for name in main.list_commands(context):
        command = main.get_command(context, name)
        if command is not None and not command.hidden:
            yield name, command


def fenced(text: str, kind: str) -> str:
    """Return the text as a code block."""
    return f"```{kind}\n{text.strip()}\n```\n"


def escaped(text: str) -> str:
    """Return the text safe for a cell of a table."""
    return text.replace("|", "\\|")
