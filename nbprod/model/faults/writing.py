"""NB4xx: the files that export writes, and what stands there already."""

from __future__ import annotations

from nbprod.model.diagnostic import Severity
from nbprod.model.faults.fault import Fault

CONFLICT = Fault(
    code="NB401",
    severity=Severity.ERROR,
    title="Your edit and the new export contradict each other",
    message="{file}, line {found}: your edit and the new export change the same lines",
    hint="Nothing was written. {cure}",
    why="Export keeps what people change in generated files: it compares what it last wrote, what stands "
    "there, and what it would write now. Where both sides changed the same lines, only you can decide.",
    bad="""\
last export     late = flights[flights["arr_delay"] >= 30]
your edit       late = flights[flights["arr_delay"] >= 45]
new export      late = flights[flights["arr_delay"] >= late_after]
""",
    cure="""\
Make the change in the notebook, put the lines of the last export back into the file, and export again.
""",
)

UNUSABLE_YAML = Fault(
    code="NB402",
    severity=Severity.ERROR,
    title="A dvc.yaml or params.yaml that cannot be used",
    message="{file} cannot be used: {problem}",
    hint="Mend the file, or move it away; it was left as it is.",
    why="Export adds its stages and parameters to files that are yours. It must be able to read them, or it "
    "would lose what stands there.",
    bad="""\
stages:
  load:
    cmd: "python load.py
""",
    cure="""\
stages:
  load:
    cmd: "python load.py"
""",
)

STAGE_TAKEN = Fault(
    code="NB403",
    severity=Severity.ERROR,
    title="Another stage has the step's name",
    message="dvc.yaml has a stage '{stage}' already, and it is not this notebook's: {cmd}",
    hint="Rename the step, or the stage.",
    why="A step becomes the stage of its name. A stage that runs something else is yours and is never overwritten.",
    bad="""\
stages:
  load:
    cmd: python load.py
""",
    cure="""\
stages:
  load_legacy:
    cmd: python load.py
""",
)

NO_REPLAY = Fault(
    code="NB404",
    severity=Severity.HINT,
    title="A step could not be replayed on a sample",
    message="step '{step}' has no replay test: {problem}",
    hint="Its schema and its %%test cells are tested all the same.",
    why="Generated tests run a step on a small sample of what it read. Some steps cannot run on few rows (a "
    "split that needs every class), or give other results twice. They are tested by schemas and by your "
    "own `%%test` cells only.",
    bad="""\
# %%
%%step split
flights = list(range(10_000))
tenth = flights[9_000]
""",
    cure="""\
# %%
%%step split
flights = list(range(10_000))
tenth = flights[int(len(flights) * 0.9)]
""",
)

BEHIND = Fault(
    code="NB405",
    severity=Severity.ERROR,
    title="A generated file is behind the notebook",
    message="{file} is not what export writes today",
    hint="Run: nbprod export {notebook}",
    why="`nbprod export --check` is for CI: it writes nothing and fails where the committed files would change.",
    bad="""\
flights.ipynb was edited and committed; flights/steps/clean.py was not exported again.
""",
    cure="""\
nbprod export notebooks/flights.ipynb
git add flights tests/flights dvc.yaml params.yaml
""",
)

STAGE_LEFT = Fault(
    code="NB406",
    severity=Severity.WARNING,
    title="A stage that you edited has lost its step",
    message="dvc.yaml has the stage '{stage}', which no step makes any more, and you changed it",
    hint="Remove the stage, or give the step its name back.",
    why="Export takes away the stages of steps that are gone, but never one that a person has changed.",
    bad="""\
stages:
  clean:                       # the step is called 'tidy' now
    cmd: nbprod step flights.clean
    frozen: true               # your edit
""",
    cure="""\
stages:
  tidy:
    cmd: nbprod step flights.tidy
    frozen: true
""",
)

DIVERGED = Fault(
    code="NB407",
    severity=Severity.ERROR,
    title="A module has code that the notebook lacks",
    message="{file} was edited: its code is no longer what the notebook's cells say",
    hint="Run: nbprod sync {notebook}",
    why="Export keeps what people change in generated modules. Then the pipeline computes something else than the "
    "notebook, until the change is made there as well. `nbprod sync` carries it into the cells that the code came "
    "from. Docstrings, annotations and comments may differ: they change nothing that is computed.",
    bad="""\
flights.ipynb             flown["late"] = flown["arr_delay"] >= late_after
flights/steps/clean.py    flown["late"] = flown["arr_delay"] > late_after      # edited
""",
    cure="""\
nbprod sync notebooks/flights.ipynb
git add notebooks flights
""",
)
