"""What DVC deletes before it runs a step comes back where the step fails: from DVC's cache (tests/run), or from git."""

from __future__ import annotations

import subprocess

from nbprod.project.reproducing import given_back
from nbprod.repro.entries import block
from nbprod.repro.memory import digest

FILES = {"data/auc.json": b"1\n", "data/gone.json": b"2\n", "data/stands.json": b"3\n"}


def test_what_the_cache_lacks_comes_from_git_s_last_commit(repository):
    (repository / "data").mkdir()
    for name, content in FILES.items():
        (repository / name).write_bytes(content)
    subprocess.run(["git", "add", "-f", "data/auc.json", "data/stands.json"], check=True)
    who = ["-c", "user.name=a", "-c", "user.email=a@b"]
    subprocess.run(["git", *who, "commit", "-qm", "made"], check=True)
    outs = [{"path": name, "hash": "md5", "md5": digest(content), "size": 2} for name, content in FILES.items()]
    entry = block("score", {"cmd": "nbprod step shop.score", "outs": outs})
    (repository / "dvc.lock").write_text(f"schema: '2.0'\nstages:\n{entry}")
    (repository / "data/auc.json").unlink()
    (repository / "data/gone.json").unlink()
    (repository / "data/stands.json").write_bytes(b"4\n")

    assert given_back("score", "shop.other") == (), "that stage runs another step"
    assert not (repository / "data/auc.json").exists()
    assert given_back("score", "shop.score") == ("data/gone.json",)
    assert (repository / "data/auc.json").read_bytes() == b"1\n"
    assert (repository / "data/stands.json").read_bytes() == b"4\n"


def test_outside_of_a_repository_of_dvc_nothing_comes_back(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert given_back("score", "shop.score") == ()
