"""NB310 to NB313: files that carry data from one cell to another, and steps that keep nothing."""

from __future__ import annotations

from nbprod.model.diagnostic import Severity
from nbprod.model.faults.fault import Fault

STRAY_FILE = Fault(
    code="NB310",
    severity=Severity.ERROR,
    title="A step reads a file that an unmarked cell writes",
    message="step '{step}' reads '{file}', which cell {writer} writes and no step makes",
    hint="Mark cell {writer} as a step: then the file is its output.",
    why="The pipeline runs steps only. Without the unmarked cell the file would be whatever the last run of the "
    "notebook left there, or be missing. A mark is no cure for a cell tagged `raises-exception`: the notebook goes on "
    "below what it raises, and a step can't.",
    if_raising="A step must not raise, and cell {writer} may, by its tag raises-exception: write the file in a cell "
    "without the tag, and mark that.",
    bad="""\
# %%
import pandas as pd

# %%
pd.DataFrame({"delay": [12, 40, 3]}).to_csv("flights.csv")

# %%
%%step load
flights = pd.read_csv("flights.csv")
""",
    cure="""\
# %%
import pandas as pd

# %%
%%step fetch
pd.DataFrame({"delay": [12, 40, 3]}).to_csv("flights.csv")

# %%
%%step load
flights = pd.read_csv("flights.csv")
""",
)

FILE_OF_TWO = Fault(
    code="NB311",
    severity=Severity.ERROR,
    title="Two steps write one file",
    message="step '{step}' writes '{file}', which step '{maker}' makes",
    hint="Give the file another name in one of them, or make one step of both.",
    why="A file of the pipeline belongs to the stage that makes it, so that it is known what has to run again. What "
    "a second stage writes into it would be lost, or would come too late for those that read it.",
    bad="""\
# %%
from pathlib import Path

# %%
%%step first
Path("delays.txt").write_text("12\\n40\\n")

# %%
%%step second
with Path("delays.txt").open("a") as file:
    file.write("3\\n")

# %%
%%step count
count = len(Path("delays.txt").read_text().split())
""",
    cure="""\
# %%
from pathlib import Path

# %%
%%step first
Path("delays.txt").write_text("12\\n40\\n")

# %%
%%step second
Path("all_delays.txt").write_text(Path("delays.txt").read_text() + "3\\n")

# %%
%%step count
count = len(Path("all_delays.txt").read_text().split())
""",
)

NOTHING_KEPT = Fault(
    code="NB312",
    severity=Severity.HINT,
    title="A step that keeps nothing",
    message="step '{step}' keeps nothing: no later step reads what it makes, and it declares no output",
    hint="Where its result is wanted, declare it: %%step {step} --outs NAME, or --metrics, or --plots.",
    why="The pipeline stores what a later step reads and what a step declares. The last steps of a notebook often make "
    "what everybody is waiting for; only their author knows which of their names that is.",
    bad="""\
# %%
%%step load
delays = [12, 40, 3]

# %%
%%step report
shares = {"late": sum(delay >= 30 for delay in delays) / len(delays)}
""",
    cure="""\
# %%
%%step load
delays = [12, 40, 3]

# %%
%%step report --metrics shares
shares = {"late": sum(delay >= 30 for delay in delays) / len(delays)}
""",
)

NOTHING_COMPARED = Fault(
    code="NB313",
    severity=Severity.ERROR,
    title="Nothing of the pipeline can be compared",
    message="no step keeps anything that verify could compare: {why}",
    hint="Make a result that is the same in each run and can be stored, such as a frame, an array or a number.",
    why="Verify compares what steps hand on, keep as results, or display. Where a trial shows that all of it is "
    "another value in each run or can't be stored, the pipeline runs, and nothing shows that it computes what the "
    "notebook does.",
    bad="""\
# %%
import time

# %%
began = {"at": time.time()}
""",
    cure="""\
# %%
import time

# %%
began = {"at": time.time()}

# %%
%%step count --outs count
count = len("late flights")
""",
)
