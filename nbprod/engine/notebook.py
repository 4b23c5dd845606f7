"""papermill's engine whose cells run in a process that begins with the notebook's imports done."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from papermill.engines import Engine, NBClientEngine
from papermill.log import logger

from nbprod.adapters.forkserver.pool import Pool
from nbprod.model.notebook import INJECTED

if TYPE_CHECKING:
    from nbprod.model.notebook import Notebook

STOCK = ("km", "kernel_manager_class")  # who brings a kernel's manager wants its kernel


class NotebookEngine(Engine):  # type: ignore[misc]
    """papermill's contract, kept: what a forked child can't run, papermill's own engine runs.

    Options are those of papermill's engine; with `restorer` ("module:function", arguments), cells may be replayed.
    """

    pool: ClassVar[Pool] = Pool()

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **options: Any) -> None:
        """Run the notebook that `nb_man` holds."""
        from nbprod.adapters.papermill.kernels import why_not

        reason = why_not(kernel_name) or _brought(options)
        if reason:
            logger.info("nbprod: the kernel %r %s; papermill's own engine runs it", kernel_name, reason)
            NBClientEngine.execute_managed_notebook(nb_man, kernel_name, **options)
            return
        cls._run(nb_man, kernel_name, options)

    @classmethod
    def _run(cls, nb_man: Any, kernel_name: str, options: dict[str, Any]) -> None:
        from nbprod.adapters.ipykernel.serving import kernel_server
        from nbprod.adapters.papermill.forked import forked
        from nbprod.adapters.papermill.kernels import environment
        from nbprod.project.preloading import preloadable

        folder = Path(options.get("resources", {}).get("metadata", {}).get("path") or Path.cwd())
        notebook = _read(nb_man.nb)
        if notebook is not None:
            _check_parameters(nb_man.nb, notebook, folder)
        preload = () if notebook is None else preloadable(notebook, folder)
        key = (preload, os.environ.get("MPLBACKEND"), os.environ.get("PYTHONPATH"))
        restorer = options.pop("restorer", None)
        with (
            cls.pool.server(key, lambda: kernel_server(preload)) as server,
            forked(server, options, restorer=restorer, environment=environment(kernel_name)) as ready,
        ):
            NBClientEngine.execute_managed_notebook(nb_man, kernel_name, **ready)


def _brought(options: dict[str, Any]) -> str:
    return "has a manager of its own" if any(name in options for name in STOCK) else ""


def _read(nb: Any) -> Notebook | None:
    """The notebook as nbprod reads it; None if it can't, which is no reason for papermill not to run it."""
    from nbprod.adapters import ipython
    from nbprod.errors import NotebookUnreadable
    from nbprod.read import notebook

    kept = ("cell_type", "source", "metadata", "id")
    cells = [{name: each[name] for name in kept if name in each} for each in nb.cells]
    document = {"nbformat": 4, "nbformat_minor": 5, "metadata": nb.metadata, "cells": cells}
    try:
        return notebook(json.dumps(document), "notebook.ipynb", ipython.transform)
    except NotebookUnreadable:
        return None


def _check_parameters(nb: Any, notebook: Notebook, folder: Path) -> None:
    """Hold what papermill has injected to the types that the notebook declares: the text of a day becomes the day.

    A default alone declares nothing that papermill holds anybody to: another type than the default's is only warned of.
    """
    from nbprod.errors import ParametersRefused
    from nbprod.project.parameters import declared
    from nbprod.run.parameters import checked_injection

    injected = next((each for each in nb.cells if INJECTED in each.metadata.get("tags", ())), None)
    if injected is None:
        return
    declarations = declared(notebook, folder)
    checked = checked_injection(declarations, injected.source)
    annotated = {each.name for each in declarations.each if each.annotation}
    refused = [fault for fault in checked.faults if fault.partition(" ")[0] in annotated]
    if refused:
        message = f"papermill was given what the notebook doesn't take: {'; '.join(refused)}"
        raise ParametersRefused(message, refused, hint="Nothing was run.")
    for fault in checked.faults:
        logger.warning("nbprod: %s", fault)
    injected.source = checked.source
