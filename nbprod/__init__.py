"""From a marked notebook to a package, a DVC pipeline and the proof that both compute the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nbprod.marks import step

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    import pandas as pd

__version__ = "0.1.0"
__all__ = ["batch", "step"]


def batch(  # noqa: PLR0913 - each way to ask for runs has a name of its own
    notebook: str | Path,
    parameters: Mapping[str, Any] | None = None,
    *,
    grid: Mapping[str, Iterable[Any]] | None = None,
    zip: Mapping[str, Iterable[Any]] | None = None,  # noqa: A002 - as the command's option is called
    file: str | Path | pd.DataFrame | Iterable[Mapping[str, Any]] | None = None,
    each: Mapping[str, str] | None = None,
    out: str | Path | None = None,
    jobs: int | None = None,
    cluster: str | None = None,
    **options: Any,
) -> pd.DataFrame:
    """Run the notebook once for each combination of values, and return the index: a row a run, as in index.parquet.

    `parameters` are for all runs. `grid` varies names independently, `zip` side by side; `file` is a table with a row a
    run (a path, a frame or mappings), and `each` gives a parameter the files that a pattern finds: `{"path": "*.csv"}`.
    Further `options`: `timeout` (seconds a run), `retries`, `fail_fast`, `fresh`, `only`.

    A run that fails raises nothing: the index says in which cell, and why. What is complete and unchanged stays.

    Raises:
        nbprod.errors.NbprodError: What was asked for can't be run, or the disk, the storage or the cluster failed.
    """
    from nbprod.project import batches

    return batches.batch_of_values(
        notebook, (parameters, grid, zip, file, each), out=out, jobs=jobs, cluster=cluster, **options
    )


def load_ipython_extension(shell: object) -> None:
    """Load the magics: `%load_ext nbprod` calls this."""
    from nbprod.magics import load

    load(shell)


def unload_ipython_extension(shell: object) -> None:
    """Take the magics away again: `%unload_ext nbprod` calls this."""
    from nbprod.magics import unload

    unload(shell)
