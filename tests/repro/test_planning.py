"""The plan names the stages that DVC names, and says why."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from nbprod.project.reproducing import planned
from nbprod.repro.unsupported import LeftToDvc
from tests.repro.conftest import dvc, stale_by_dvc

PIPELINE = """\
stages:
  load:
    cmd: mkdir -p data && cp raw.csv data/raw.csv
    deps:
    - raw.csv
    outs:
    - data/raw.csv
  split:
    cmd: mkdir -p parts && cp data/raw.csv parts/a && cp data/raw.csv 'parts/b ü'
    deps:
    - data/raw.csv
    params:
    - seed
    - model.depth
    outs:
    - parts
  fit:
    cmd: cat parts/a > model.txt && echo '{"auc":1}' > metrics.json
    deps:
    - parts
    params:
    - more.json:
    outs:
    - model.txt
    metrics:
    - metrics.json:
        cache: false
  tell:
    cmd: echo told
"""


@pytest.fixture
def ran(repository):
    (repository / "dvc.yaml").write_text(PIPELINE)
    (repository / "raw.csv").write_text("1\n2\n")
    (repository / "params.yaml").write_text("seed: 0\nmodel: {depth: 3}\nother: 1\n")
    (repository / "more.json").write_text('{"rate": 0.5}')
    dvc("repro", "-q")
    return repository


def _rewrite(path, old, new):
    path.write_text(path.read_text().replace(old, new))


EDITS = {
    "nothing": (lambda root: None, {"tell": "runs always"}),
    "touched": (lambda root: (root / "raw.csv").touch(), {}),
    "a source": (lambda root: (root / "raw.csv").write_text("1\n3\n"), {"load": "dep changed: raw.csv"}),
    "a source gone": (lambda root: (root / "raw.csv").unlink(), {"load": "dep missing: raw.csv"}),
    "a parameter": (lambda root: _rewrite(root / "params.yaml", "seed: 0", "seed: 1"), {"split": "params: seed 0 → 1"}),
    "same value": (lambda root: _rewrite(root / "params.yaml", "seed: 0", "seed: 0.0"), {}),
    "nobody's": (lambda root: _rewrite(root / "params.yaml", "other: 1", "other: 2"), {}),
    "nested": (lambda root: _rewrite(root / "params.yaml", "3", "[3]"), {"split": "params: model.depth 3 → [3]"}),
    "added key": (lambda root: (root / "more.json").write_text('{"rate": 0.5, "a": 1}'), {"fit": "params: a new: 1"}),
    "a command": (lambda root: _rewrite(root / "dvc.yaml", "-p data &&", "-p data  &&"), {"load": "command changed"}),
    "an out gone": (lambda root: (root / "model.txt").unlink(), {"fit": "out missing: model.txt"}),
    "an out edited": (
        lambda root: (root / "data/raw.csv").write_text("x"),
        {"load": "out changed: data/raw.csv", "split": "dep changed: data/raw.csv"},
    ),
    "a file more": (
        lambda root: (root / "parts/c").write_text("x"),
        {"split": "out changed: parts", "fit": "dep changed: parts"},
    ),
    "an ignored file more": (
        lambda root: ((root / ".dvcignore").write_text("*.tmp\n"), (root / "parts/c.tmp").write_text("x")),
        {},
    ),
    "an uncached metric": (lambda root: (root / "metrics.json").unlink(), {"fit": "out missing: metrics.json"}),
    "a new dep": (
        lambda root: _rewrite(root / "dvc.yaml", "    - parts\n    params", "    - parts\n    - raw.csv\n    params"),
        {"fit": "dep new: raw.csv"},
    ),
    "no lock": (lambda root: (root / "dvc.lock").unlink(), dict.fromkeys(("load", "split", "fit"), "never run")),
    "no cache": (
        lambda root: shutil.rmtree(root / ".dvc/cache"),
        {
            "load": "out not in cache: data/raw.csv",
            "split": "out not in cache: parts",
            "fit": "out not in cache: model.txt",
        },
    ),
}


@pytest.mark.slow
def test_plan_names_what_dvc_names_and_says_why(ran, tmp_path, monkeypatch):
    kept = tmp_path / "kept"
    monkeypatch.chdir(tmp_path)
    shutil.copytree(ran, kept, symlinks=True)
    for name, (edit, expected) in EDITS.items():
        shutil.rmtree(ran)
        shutil.copytree(kept, ran, symlinks=True)
        edit(ran)
        found = planned(ran)
        assert set(found.stale) == {"tell", *expected} == stale_by_dvc(ran), name
        said = {each.name: str(each.reasons[0]) for each in found.stages if each.name in expected}
        assert said == expected, name


ELSEWHERE = "stages:\n  other:\n    cmd: echo other > other\n    outs:\n    - other\n"


@pytest.mark.slow
def test_a_dvc_yaml_without_stages_means_the_whole_repository_as_it_does_to_dvc(repository):
    (repository / "sub").mkdir()
    (repository / "sub/dvc.yaml").write_text(ELSEWHERE)
    (repository / "dvc.yaml").write_text("stages: {}\n")
    assert planned(repository).stale == ("sub/dvc.yaml:other",)
    dvc("repro")
    assert (repository / "sub/other").exists()


REFUSED = {
    "a date in params.yaml": ("params.yaml", "day: 2020-01-01\n", "a dvc.yaml that DVC may refuse"),
    "an output that .dvcignore names": (".dvcignore", "oth*\n", r"\.dvcignore names: .*other"),
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", REFUSED)
def test_what_dvc_refuses_on_loading_is_left_to_it(repository, kind):
    file, text, said = REFUSED[kind]
    (repository / "dvc.yaml").write_text(ELSEWHERE)
    (repository / file).write_text(text)
    with pytest.raises(LeftToDvc, match=said):
        planned(repository)
    with pytest.raises(subprocess.CalledProcessError, match="repro"):
        dvc("repro")
