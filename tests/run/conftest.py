"""A tiny exported project, written as export writes it: load → clean → split → train → evaluate."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

PROJECT = {
    "flights/__init__.py": '"""The steps of notebooks/flights.ipynb."""\n\nNOTEBOOK = "notebooks/flights.ipynb"\n',
    "flights/steps/__init__.py": '"""A module for each step."""\n',
    "flights/schemas/__init__.py": '"""What the steps make."""\n',
    "flights/schemas/load.py": '''
        """What load makes."""

        import pandera.pandas as pa
        from pandera.typing import Series


        class Flights(pa.DataFrameModel):
            """All flights."""

            origin: Series[str] = pa.Field(isin=["EWR", "JFK", "LGA"])
            arr_delay: Series[float] = pa.Field(nullable=True)
        ''',
    "flights/schemas/clean.py": '''
        """What clean makes."""

        import pandera.pandas as pa
        from pandera.typing import Series


        class Flown(pa.DataFrameModel):
            """Flights that arrived."""

            origin: Series[str] = pa.Field(isin=["EWR", "JFK", "LGA"])
            arr_delay: Series[float]
            late: Series[bool]
        ''',
    "flights/steps/load.py": '''
        """Load: cell 2 of notebooks/flights.ipynb."""

        import pandas as pd
        from pandera.typing import DataFrame

        from flights.schemas.load import Flights


        def load() -> DataFrame[Flights]:
            """All flights."""
            flights = pd.read_csv("raw.csv")
            return flights
        ''',
    "flights/steps/clean.py": '''
        """Clean: cells 4 and 5 of notebooks/flights.ipynb."""

        from pandera.typing import DataFrame

        from flights.schemas.clean import Flown
        from flights.schemas.load import Flights


        def clean(flights: DataFrame[Flights], *, late_after: int = 30) -> DataFrame[Flown]:
            """Flights that arrived, with whether they were late."""
            flown = flights.dropna(subset=["arr_delay"])
            flown["late"] = flown["arr_delay"] >= late_after
            return flown
        ''',
    "flights/steps/split.py": '''
        """Split: cell 7 of notebooks/flights.ipynb."""

        from typing import NamedTuple

        import pandas as pd
        from pandera.typing import DataFrame

        from flights.schemas.clean import Flown


        class Split(NamedTuple):
            """What split makes."""

            frames: list
            train: pd.DataFrame
            share: float


        def split(flown: DataFrame[Flown], *, share: float = 0.5) -> Split:
            """Train on the first part."""
            train = flown.iloc[: int(len(flown) * share)]
            frames = [train, flown.iloc[int(len(flown) * share) :]]
            return Split(frames=frames, train=train, share=share)
        ''',
    "flights/steps/train.py": '''
        """Train: cell 9 of notebooks/flights.ipynb."""

        import pandas as pd
        from sklearn.dummy import DummyClassifier


        def train(frames: list, train: pd.DataFrame) -> DummyClassifier:
            """A dummy."""
            assert frames[0] is train
            model = DummyClassifier(strategy="prior").fit(train[["arr_delay"]], train["late"])
            return model
        ''',
    "flights/steps/evaluate.py": '''
        """Evaluate: cell 11 of notebooks/flights.ipynb."""

        from typing import NamedTuple

        import pandas as pd


        class Evaluate(NamedTuple):
            """What evaluate makes."""

            metrics: dict[str, float]
            roc: pd.DataFrame


        async def evaluate(frames: list, model: object) -> Evaluate:
            """How good it is."""
            test = frames[1]
            guess = model.predict_proba(test[["arr_delay"]])[:, -1]
            metrics = {"brier": ((guess - test["late"]) ** 2).mean()}
            roc = pd.DataFrame({"x": [0.0, 1.0], "y": [0.0, 1.0]})
            return Evaluate(metrics=metrics, roc=roc)
        ''',
    "notebooks/flights.ipynb": '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}\n',
    "notebooks/raw.csv": "origin,arr_delay\nEWR,40\nJFK,-3\nLGA,\nEWR,0\nJFK,31\nLGA,90\n",
    ".dvcignore": "__pycache__\n.nbprod\n",
    "params.yaml": "flights:\n  late_after: 30   # minutes from which an arrival counts as late\n  share: 0.5\n",
    "dvc.yaml": """
        stages:
          load:
            cmd: nbprod step flights.load
            deps:
              - flights/schemas/load.py
              - flights/steps/load.py
              - notebooks/raw.csv
            outs:
              - data/load/flights.parquet
          clean:
            desc: Clean (notebooks/flights.ipynb, cells 4 and 5)
            cmd: nbprod step flights.clean
            deps:
              - data/load/flights.parquet
              - flights/schemas/clean.py
              - flights/schemas/load.py
              - flights/steps/clean.py
            params:
              - flights.late_after
            outs:
              - data/clean/flown.parquet
          split:
            cmd: nbprod step flights.split
            deps:
              - data/clean/flown.parquet
              - flights/schemas/clean.py
              - flights/steps/split.py
            params:
              - params.yaml:
                  - flights.share
            outs:
              - data/split/frames+train.joblib
              - data/split/share.json
          evaluate:
            cmd: nbprod step flights.evaluate
            deps:
              - data/split/frames+train.joblib
              - data/train/model.joblib
              - flights/steps/evaluate.py
            metrics:
              - data/evaluate/metrics.json:
                  cache: false
            plots:
              - data/evaluate/roc.csv:
                  x: x
                  y: y
          train:
            cmd: nbprod step flights.train
            deps:
              - data/split/frames+train.joblib
              - flights/steps/train.py
            outs:
              - data/train/model.joblib
        """,
}


class Project:
    """A project's folder, with what tests do to it."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, path: str, text: str) -> Path:
        """Write a file of the project."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(dedent(text).lstrip("\n"), encoding="utf-8")
        return file

    def edit(self, path: str, old: str, new: str) -> None:
        """Change a text that stands in a file of the project."""
        file = self.root / path
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new), encoding="utf-8")

    def files(self) -> dict[str, bytes]:
        """What lies in data/, by path, hidden files too."""
        found = sorted((self.root / "data").rglob("*"))
        return {each.relative_to(self.root).as_posix(): each.read_bytes() for each in found if each.is_file()}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """The tiny project, in a folder of its own."""
    made = Project(tmp_path / "project")
    for path, text in PROJECT.items():
        made.write(path, text)
    return made
