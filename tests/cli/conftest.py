"""A small shop's notebook, and projects that hold it: driven through the `nbprod` command, as a person drives it."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

BIN = Path(sys.executable).parent

CELLS = (
    "# The shop\n\nWhich month sells best?",
    "%load_ext nbprod\nimport pandas as pd\n\nfrom nbprod import step",
    "least: int = 20  # the smallest sale that counts",
    '%%step load\nsales = pd.read_csv("sales.csv", parse_dates=["day"])',
    '# Small sales are samples.\nkept = sales[sales["amount"] >= least].copy()\nkept["month"] = kept["day"].dt.month',
    "kept.describe()",
    (
        '@step\ndef totals(kept):\n    """What each month sold."""\n'
        '    return {int(month): int(part["amount"].sum()) for month, part in kept.groupby("month")}\n\n\n'
        "by_month = totals(kept)\nby_month"
    ),
    (
        "%%step report --metrics figures\nbest = max(by_month, key=by_month.get)\n"
        'figures = {"best": best, "sold": by_month[best]}'
    ),
    '%%test clean\nassert kept["amount"].min() >= least',
)
TAGS = {2: ["parameters"], 4: ["step:clean"]}
SALES = "day,shop,amount\n" + "".join(
    f"2024-{1 + at % 6:02}-{1 + at % 28:02},{'north' if at % 3 else 'south'},{at * 7 % 90}\n" for at in range(300)
)


def notebook(cells=CELLS, tags=TAGS, **metadata) -> str:
    """The notebook's text; a cell that begins with "# The" or "## " is Markdown."""
    made = [
        {
            "cell_type": "markdown" if source.startswith(("# The ", "## ")) else "code",
            "id": f"cell-{at}",
            "metadata": {"tags": tags[at]} if at in tags else {},
            "source": source.splitlines(keepends=True),
        }
        | ({} if source.startswith(("# The ", "## ")) else {"outputs": [], "execution_count": None})
        for at, source in enumerate(cells)
    ]
    return json.dumps({"cells": made, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}, indent=1)


def environment(root: Path, **more: str) -> dict[str, str]:
    """What the commands see: our own bin first, DVC's state in the project's own temporary folder."""
    known = {key: value for key, value in os.environ.items() if key not in ("NBPROD_RECORDING", "FORCE_COLOR")}
    path = f"{BIN}{os.pathsep}{known.get('PATH', '')}"
    return {**known, "PATH": path, "DVC_SITE_CACHE_DIR": str(root.parent / "dvc-site"), "COLUMNS": "120", **more}


@dataclass(frozen=True)
class Shop:
    """A project with `notebooks/shop.ipynb`."""

    root: Path

    @property
    def notebook(self) -> Path:
        return self.root / "notebooks" / "shop.ipynb"

    def change(self, old: str, new: str, path: str = "notebooks/shop.ipynb") -> None:
        """Edit a file as a person does: `old` must stand there."""
        file = self.root / path
        text = file.read_text()
        encoded = path.endswith(".ipynb")
        before, after = (json.dumps(each)[1:-1] if encoded else each for each in (old, new))
        assert before in text, f"{old!r} is not in {path}"
        file.write_text(text.replace(before, after, 1))

    def write(self, *cells: str, tags=None, **metadata) -> None:
        self.notebook.write_text(notebook(cells, tags or {}, **metadata))

    def command(self, *words: str, **options) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            words, cwd=self.root, env=environment(self.root), capture_output=True, text=True, check=False, **options
        )

    def does(self, *words: str, **options) -> str:
        """Run a command that must succeed, and return what it prints."""
        done = self.command(*words, **options)
        assert done.returncode == 0, f"{' '.join(words)}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def nbprod(self, verb: str, *words: str, **options) -> subprocess.CompletedProcess[str]:
        """Run one command on the notebook (`step` and `explain` take no notebook)."""
        place = () if verb in ("step", "explain") else ("notebooks/shop.ipynb",)
        done = self.command("nbprod", verb, *place, *words, **options)
        assert "Traceback (most recent call last)" not in done.stdout
        return done

    def files(self) -> dict[str, str]:
        """A digest of every file that a person sees in the project."""
        return {
            each.relative_to(self.root).as_posix(): hashlib.sha256(each.read_bytes()).hexdigest()
            for each in sorted(self.root.rglob("*"))
            if each.is_file() and "__pycache__" not in each.parts and ".dvc" not in each.parts
        }


def make_shop(root: Path) -> Shop:
    """A project whose notebook nobody has exported yet."""
    (root / "notebooks").mkdir(parents=True)
    (root / ".git").mkdir()
    (root / "notebooks" / "sales.csv").write_text(SALES)
    shop = Shop(root)
    shop.notebook.write_text(notebook())
    return shop


@pytest.fixture
def shop(tmp_path):
    return make_shop(tmp_path / "shop")


@pytest.fixture(scope="session")
def fixture_first_export(tmp_path_factory):
    """One record and export for all tests of a worker: a kernel's run takes seconds."""
    shop = make_shop(tmp_path_factory.mktemp("exported") / "shop")
    return shop, shop.nbprod("export")


@pytest.fixture
def exported(fixture_first_export, tmp_path):
    """A project that was recorded and exported."""
    shop, done = fixture_first_export
    assert done.returncode == 0, done.stderr
    return Shop(Path(shutil.copytree(shop.root, tmp_path / "shop")))


@pytest.fixture(scope="session")
def fixture_ready(tmp_path_factory):
    """A repository that `nbprod init` made ready: exported, committed, reproduced, pushed to a folder."""
    root = tmp_path_factory.mktemp("ready") / "shop"
    (root / "notebooks").mkdir(parents=True)
    (root / "notebooks" / "sales.csv").write_text(SALES)
    shop = Shop(root)
    drawn = '%%step draw --plots curve\ncurve = kept.groupby("month", as_index=False)["amount"].sum()'
    shop.notebook.write_text(notebook((*CELLS, drawn)) + "\n")
    shop.does("nbprod", "init")
    shop.does("git", "config", "user.email", "a@b.c")
    shop.does("git", "config", "user.name", "A")
    shop.does("nbprod", "export", "notebooks/shop.ipynb")
    shop.does("git", "add", "-A")
    shop.does("git", "commit", "-qm", "The export")
    shop.does("dvc", "repro", "-q")
    shop.does("dvc", "remote", "add", "-q", "--default", "store", str(root.parent / "remote"))
    shop.does("dvc", "push", "-q", "--run-cache")
    shop.does("git", "add", "-A")
    shop.does("git", "commit", "-qm", "The first run")
    return shop


@pytest.fixture
def ready(fixture_ready, tmp_path):
    """A copy of that repository."""
    return Shop(Path(shutil.copytree(fixture_ready.root, tmp_path / "shop", symlinks=True)))


@pytest.fixture
def disk(tmp_path):
    """A disk of its own that holds 400 kB."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", place], check=False)
    if mounted.returncode:
        pytest.skip("this user may mount nothing")
    yield place
    subprocess.run(["umount", "-l", place], check=True)
