"""The wheel installs into an empty environment and works there; starting nbprod stays light."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
HEAVY = {
    "IPython", "cloudpickle", "dvc", "ipykernel", "joblib", "matplotlib", "nbclient", "nbformat", "numpy", "pandas",
    "pandera", "papermill", "polars", "pyarrow", "rich", "ruamel", "scipy", "sklearn", "textual",
}  # fmt: skip
LOADED = "import sys, json; print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
HELP = """
from click.testing import CliRunner
from nbprod.cli import main
assert CliRunner().invoke(main, ["--help"]).exit_code == 0
"""
LOAD_EXTENSION = """
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
shell.run_line_magic("load_ext", "nbprod")
assert "steps" in shell.magics_manager.magics["line"], "no %steps"
"""


def run(*command: str | Path, cwd: Path | None = None) -> str:
    done = subprocess.run(
        [str(each) for each in command],
        cwd=cwd, check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 0, f"{command}:\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.mark.parametrize(
    ("does", "allowed"),
    [
        pytest.param("import nbprod", set(), id="import"),
        pytest.param("from nbprod import step", set(), id="step"),
        pytest.param(HELP, set(), id="help"),
        pytest.param(LOAD_EXTENSION, {"IPython"}, id="extension"),
    ],
)
def test_starting_loads_nothing_heavy(does: str, allowed: set[str]):
    loaded = set(json.loads(run(sys.executable, "-c", f"{does}\n{LOADED}").splitlines()[-1]))
    assert not (loaded & HEAVY) - allowed


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT)
    return next(folder.glob("*.whl"))


@pytest.mark.slow
def test_the_wheel_holds_the_package_and_nothing_else(wheel: Path):
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.partition("/")[0].partition("-")[0] for name in names} == {"nbprod"}
    assert "nbprod/py.typed" in names
    on_disk = {path.relative_to(ROOT).as_posix() for path in (ROOT / "nbprod").rglob("*.py")}
    assert on_disk <= set(names)


@pytest.mark.slow
def test_the_wheel_works_in_an_empty_environment(wheel: Path, tmp_path: Path):
    """What it depends on is lent from this environment; nbprod itself comes from the wheel alone."""
    environment = tmp_path / "env"
    run(sys.executable, "-m", "venv", environment)
    python = environment / "bin" / "python"
    run(python, "-m", "pip", "install", "--quiet", "--no-deps", wheel)
    lend_dependencies(python, declared(wheel))

    home = run(python, "-c", "import nbprod; print(nbprod.__file__)", cwd=tmp_path)
    assert home.startswith(str(environment))
    assert "Usage: nbprod" in run(environment / "bin" / "nbprod", "--help", cwd=tmp_path)
    run(python, "-c", LOAD_EXTENSION, cwd=tmp_path)
    notebook = ROOT / "notebooks" / "flights.ipynb"
    assert "evaluate" in run(environment / "bin" / "nbprod", "graph", notebook, cwd=tmp_path)
    run(python, "-m", "pip", "check", cwd=tmp_path)


def lend_dependencies(python: Path, names: set[str]) -> None:
    """Make what nbprod declares importable there, as installed here, and no more: no download, no undeclared import."""
    library = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip())
    for name in names:
        distribution = metadata.distribution(name)
        here = Path(distribution.locate_file(""))
        tops = {part for file in distribution.files or () for part in file.parts[:2] if (here / part).exists()}
        # What an old pip installed without a wheel lists its files from within its metadata's folder.
        tops |= {each.name for each in here.glob(f"{distribution.name.replace('-', '_')}-*-info")}
        for top in tops - {"__pycache__", ".."}:
            target = library / top
            if not target.exists():
                target.symlink_to(here / top)


def declared(wheel: Path) -> set[str]:
    """What the wheel requires, and what that requires, and so on."""
    found: set[str] = set()
    ahead = [next(metadata.distributions(path=[str(wheel)])).requires or []]
    while ahead:
        for requirement in map(Requirement, ahead.pop()):
            name = canonicalize_name(requirement.name)
            if name not in found and (requirement.marker is None or requirement.marker.evaluate({"extra": ""})):
                found.add(name)
                ahead.append(metadata.requires(name) or [])
    return found
