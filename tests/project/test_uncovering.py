"""Outputs that are cached no longer come out of .gitignore, where DVC had written them."""

from __future__ import annotations

import pytest

from nbprod.project.uncovering import uncovered
from nbprod.project.writing import apply

PIPELINE = """\
stages:
  train:
    cmd: nbprod step shop.train
    outs:
      - data/train/model.joblib
      - made/[a].csv:
          cache: false
    metrics:
      - data/train/scores.json:
          cache: false
    plots:
      - data/train/roc.csv:
          cache: false
  theirs:
    cmd: python theirs.py
    outs:
      - data/train/log.txt:
          cache: false
  broken:
"""


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_what_is_cached_no_longer_is_seen_by_git_again(end, tmp_path):
    files = {
        "data/train/.gitignore": ["/model.joblib", "# ours", "/scores.json", "/log.txt", "roc.csv"],
        "made/.gitignore": ["/\\[a\\].csv"],
    }
    for path, lines in files.items():
        (tmp_path / path).parent.mkdir(parents=True)
        (tmp_path / path).write_bytes("".join(f"{each}{end}" for each in lines).encode())
    apply(uncovered(tmp_path, PIPELINE, "shop"), root=tmp_path, base=tmp_path / "base")
    kept = end.join(["/model.joblib", "# ours", "/log.txt", "roc.csv", ""])
    assert (tmp_path / "data/train/.gitignore").read_bytes().decode() == kept
    assert not (tmp_path / "made").exists()
    assert uncovered(tmp_path, PIPELINE, "shop") == ()
