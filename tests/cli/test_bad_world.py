"""Values, cells, disks and neighbours that refuse: a clear error, and files on disk as they were."""

from __future__ import annotations

import os
import re
import resource
import shutil
import signal
import subprocess
import time

import pytest

from .conftest import Shop, environment, notebook

pytestmark = pytest.mark.slow

RECORD = ".nbprod/record/"


def without_record(shop):
    """What a person keeps: the record itself may be a new one."""
    return {
        path: digest
        for path, digest in shop.files().items()
        if not path.startswith(RECORD) and path != ".nbprod/.gitignore"
    }


def forget(shop):
    """Take away what export wrote, but not the record: the next export has everything to write."""
    for path in ("shop", "tests", ".nbprod/base"):
        shutil.rmtree(shop.root / path)
    for path in ("dvc.yaml", "params.yaml", ".dvcignore"):
        (shop.root / path).unlink()


def test_an_output_that_cannot_be_stored(shop):
    shop.write("%%step one\nrows = (each for each in [1, 2])", "%%step two\ntotal = sum(rows)")
    before = without_record(shop)
    done = shop.nbprod("export")
    assert done.returncode == 1
    assert "cell 0   NB301  step 'one' makes 'rows' (generator), which cannot be stored: rows is a generator" in (
        done.stderr
    )
    assert "Make it a list: list(…)." in done.stderr
    assert without_record(shop) == before


def test_a_cell_that_raises_shows_its_own_traceback(shop):
    shop.change('kept["day"].dt.month', 'kept["dya"].dt.month')
    before = shop.files()
    done = shop.nbprod("export")
    assert (done.returncode, done.stdout) == (1, "")
    assert '----> 3 kept["month"] = kept["dya"].dt.month' in done.stderr
    assert done.stderr.endswith(
        "nbprod: cell 4, line 3 raised KeyError: 'dya'. Mend the cell; files on disk are as they were.\n"
    )
    for ours in ("nbprod/", "papermill", "nbclient"):
        assert ours not in done.stderr.replace("site-packages", "").split("nbprod: cell")[0]
    assert shop.files() == before


def test_a_cell_that_ends_its_kernel(shop):
    shop.write("%%step one\nimport os\nx = 1\nos._exit(3)", "%%step two\ny = x")
    done = shop.nbprod("record")
    assert done.returncode == 1
    assert "nbprod: cell 0 ended its kernel's process" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("path", "named"), [("shop", "shop"), ("tests", "tests"), (".nbprod/base", ".nbprod/base")])
def test_a_file_where_a_folder_must_be(exported, path, named):
    forget(exported)
    (exported.root / path).write_text("in the way")
    before = without_record(exported)
    done = exported.nbprod("export")
    assert done.returncode == 2
    assert f"{exported.root / named} can't be written: " in done.stderr
    assert "nothing was changed. A file stands where a folder is needed: move it away." in done.stderr
    assert without_record(exported) == before


@pytest.mark.parametrize("path", ["shop/steps", "shop/steps/load.py", "params.yaml"])
def test_a_folder_or_file_that_cannot_be_written(exported, path):
    protected = exported.root / path
    for file in ("shop/steps/clean.py", "shop/steps/load.py", "shop/steps/totals.py"):
        exported.change('"""', '"""Old. ', file)
        (exported.root / ".nbprod/base" / file).write_text((exported.root / file).read_text())
    (exported.root / "params.yaml").write_text("")
    if subprocess.run(["chattr", "+i", protected], check=False, capture_output=True).returncode:
        pytest.skip("this user or file system knows no immutable files")
    try:
        before = exported.files()
        done = exported.nbprod("export")
        assert exported.files() == before
    finally:
        subprocess.run(["chattr", "-i", protected], check=True)
    assert done.returncode == 2
    assert f"{protected}" in done.stderr
    assert "can't be written: operation not permitted; nothing was changed. Give yourself write permission there" in (
        done.stderr
    )
    assert exported.nbprod("export").returncode == 0


def test_a_full_disk(disk, exported):
    forget(exported)
    shutil.copytree(exported.root, disk / "shop")
    shop = Shop(disk / "shop")
    free = shutil.disk_usage(disk).free
    (disk / "ballast").write_bytes(b"x" * max(0, free - 30_000))
    before = shop.files()
    done = shop.nbprod("export")
    assert shop.files() == before
    assert done.returncode == 2
    assert "can't be written: no space left on device; nothing was changed. Free some space" in done.stderr


def test_a_limit_on_files_that_hits_somewhere_else(exported):
    forget(exported)
    before = exported.files()
    done = exported.nbprod("export", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100)))
    assert (done.returncode, exported.files()) == (2, before)
    assert done.stderr.startswith("nbprod: the system refused")
    assert len(done.stderr.splitlines()) == 1


def started(shop, *words):
    return subprocess.Popen(
        words,
        cwd=shop.root,
        env=environment(shop.root),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def outcomes(shop, number, moments):
    """Send the signal at each moment of an export that has all to write; yield what stands afterwards."""
    forget(shop)
    for moment in moments:
        export = started(shop, "nbprod", "export", "notebooks/shop.ipynb")
        time.sleep(moment)
        os.killpg(export.pid, number)
        export.communicate(timeout=30)
        yield shop.files(), list(shop.root.rglob(".*.nbprod"))
        if (shop.root / "dvc.yaml").exists():
            exported = shop.nbprod("export")
            assert exported.returncode == 0, exported.stderr
            forget(shop)


MOMENTS = [0.1, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5, 0.7]


def test_ctrl_c_at_any_moment_leaves_all_files_or_none(exported):
    whole = exported.files()
    forget(shop := exported)
    none = shop.files()
    assert exported.nbprod("export").returncode == 0
    for files, leftovers in outcomes(shop, signal.SIGINT, MOMENTS):
        assert files in (whole, none)
        assert leftovers == []


def test_a_kill_at_any_moment_leaves_whole_files_and_the_next_export_mends_all(exported):
    whole = exported.files()
    for files, _ in outcomes(exported, signal.SIGKILL, MOMENTS):
        visible = {path: digest for path, digest in files.items() if not path.endswith(".nbprod")}
        assert visible.items() <= whole.items()
    assert exported.nbprod("export").returncode == 0
    assert exported.files() == whole


def test_ctrl_c_while_the_notebook_runs(shop):
    shop.write("%%step one\nimport time\nopen('runs', 'w').close()\ntime.sleep(60)\nx = 1", "%%step two\ny = x")
    export = started(shop, "nbprod", "export", "notebooks/shop.ipynb")
    running = shop.root / "notebooks/runs"
    until = time.monotonic() + 30
    while not running.exists() and time.monotonic() < until:
        time.sleep(0.05)
    running.unlink()
    before = shop.files()
    os.killpg(export.pid, signal.SIGINT)
    _, said = export.communicate(timeout=20)
    assert export.returncode == 130
    assert said.endswith("nbprod: stopped, and nothing was half-written. Run the same command to go on.\n")
    assert "Traceback" not in said
    assert shop.files() == before


BROKEN_YAML = {
    "no YAML": ("stages:\n  load:\n    cmd: 'x\n", "dvc.yaml, line 4 is not valid YAML: .*Mend that line"),
    "no mapping": ("- load\n- clean\n", "dvc.yaml is no mapping"),
    "stages no mapping": ("stages: [load]\n", "dvc.yaml: 'stages' is no mapping"),
    "a merge": ("<<<<<<< HEAD\nstages: {}\n=======\n>>>>>>> x\n", "dvc.yaml, line [0-9]+ is not valid YAML"),
    "no text": (b"\xff\xfe\x00", "dvc.yaml is not UTF-8 text: byte 0. Save it as UTF-8"),
}


@pytest.mark.parametrize(("content", "message"), BROKEN_YAML.values(), ids=BROKEN_YAML)
def test_a_broken_dvc_yaml_is_refused_and_kept(exported, content, message):
    content = content if isinstance(content, bytes) else content.encode()
    (exported.root / "dvc.yaml").write_bytes(content)
    exported.change("    return kept", "    return kept  # mine", "shop/steps/clean.py")
    before = exported.files()
    done = exported.nbprod("export")
    assert (done.returncode, done.stdout) == (2, "")
    assert "nbprod: " in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert re.search(message, done.stderr)
    assert "left as it is" in done.stderr
    assert exported.files() == before


FOREIGN = """\
# Ours since 2019.
vars:
    - limits.yaml

stages:
    # nightly
    fetch:   # by Ada
        cmd: python fetch.py   # slow
        outs:
            - raw.csv
"""


def test_a_foreign_dvc_yaml_keeps_every_byte_of_its_own(exported):
    forget(exported)
    (exported.root / "dvc.yaml").write_text(FOREIGN)
    assert exported.nbprod("export").returncode == 0
    text = (exported.root / "dvc.yaml").read_text()
    assert text.startswith(FOREIGN)
    assert "    load:\n        desc: Load" in text
    before = exported.files()
    assert exported.nbprod("export").returncode == 0
    assert exported.files() == before


def test_a_stage_name_that_is_taken_is_never_overwritten(exported):
    forget(exported)
    (exported.root / "dvc.yaml").write_text("stages:\n  clean:\n    cmd: python clean.py\n")
    before = exported.files()
    done = exported.nbprod("export")
    assert done.returncode == 1
    assert "cell 4   NB403  dvc.yaml has a stage 'clean' already, and it is not this notebook's: python clean.py" in (
        done.stdout
    )
    assert "Rename the step, or the stage." in done.stdout
    assert exported.files() == before


def test_a_file_of_ones_own_in_the_packages_place_is_kept(exported):
    forget(exported)
    (exported.root / "shop").mkdir()
    (exported.root / "shop/__init__.py").write_text('"""My own."""\n')
    before = exported.files()
    done = exported.nbprod("export")
    assert done.returncode == 1
    assert "It is not a file that export wrote: move it away" in done.stdout
    assert exported.files() == before
    assert exported.nbprod("export", "--overwrite").returncode == 0
    assert "NOTEBOOK" in (exported.root / "shop/__init__.py").read_text()


def test_a_notebook_outside_of_any_project_in_a_path_of_blanks_and_letters(tmp_path):
    folder = tmp_path / "mes données" / "été 1"
    folder.mkdir(parents=True)
    book = folder / "prix & coûts.ipynb"
    book.write_text(notebook(("%%step one\nx = [1]", "%%step two --outs y\ny = sum(x)"), {}))
    given = f"été 1/{book.name}"
    results = [
        subprocess.run(
            ["nbprod", verb, given],
            cwd=folder.parent,
            env=environment(tmp_path),
            capture_output=True,
            text=True,
            check=False,
        )
        for verb in ("check", "export", "verify")
    ]
    assert [each.returncode for each in results] == [0, 0, 0], results
    assert f"nbprod export '{given}'" in results[0].stdout
    assert (folder / "prix_coûts" / "steps" / "two.py").is_file()
    subprocess.run(["dvc", "init", "--no-scm", "-q"], cwd=folder, env=environment(tmp_path), check=True)
    repro = subprocess.run(["dvc", "repro"], cwd=folder, env=environment(tmp_path), capture_output=True, check=False)
    assert repro.returncode == 0, repro.stderr
