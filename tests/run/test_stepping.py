"""A step runs from its stored inputs to its stored outputs, as dvc.yaml wires it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from nbprod.errors import NbprodError, ProjectBroken, SchemaViolated, StepFailed, UsageError, WriteFailed
from nbprod.run import step
from nbprod.values import load

STEPS = ("load", "clean", "split", "train", "evaluate")


def run(project, *steps, **options):
    return [step(f"flights.{each}", root=project.root, **options) for each in steps]


def test_the_whole_flow_runs_step_by_step(project):
    before = Path.cwd(), list(sys.path), os.environ.get("MPLBACKEND")
    runs = run(project, *STEPS)
    assert sorted(project.files()) == [
        "data/clean/flown.parquet",
        "data/evaluate/metrics.json",
        "data/evaluate/roc.csv",
        "data/load/flights.parquet",
        "data/split/frames+train.joblib",
        "data/split/share.json",
        "data/train/model.joblib",
    ]
    assert load(project.root / "data/clean/flown.parquet")["late"].tolist() == [True, False, False, True, True]
    assert [(each.name, each.path) for each in runs[2].outputs] == [
        ("frames", "data/split/frames+train.joblib"),
        ("train", "data/split/frames+train.joblib"),
        ("share", "data/split/share.json"),
    ]
    assert runs[1].outputs[0].summary == "5 × 3"
    assert runs[1].seconds > 0
    assert (Path.cwd(), list(sys.path), os.environ.get("MPLBACKEND")) == before
