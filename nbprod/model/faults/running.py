"""NB3xx: values, randomness, secrets and the world around a step."""

from __future__ import annotations

from nbprod.model.diagnostic import Severity
from nbprod.model.faults.fault import Fault

UNSTORABLE = Fault(
    code="NB301",
    severity=Severity.ERROR,
    title="An output that cannot be stored",
    message="step '{step}' makes '{name}' ({type}), which cannot be stored: {problem}",
    hint="{cure}",
    why="Steps run in processes of their own and hand values over as files. Open connections, generators, "
    "locks and the like live only in the process that made them. Store what they are made from, and "
    "make them anew in the step that needs them.",
    bad="""\
# %%
%%step load
flights = (number for number in [12, 40, 3])

# %%
%%step score
longest = max(flights)
""",
    cure="""\
# %%
%%step load
flights = [12, 40, 3]

# %%
%%step score
longest = max(flights)
""",
)

UNSEEDED = Fault(
    code="NB302",
    severity=Severity.WARNING,
    title="A step draws random numbers that nobody seeded",
    message="step '{step}' draws from {source}, which nothing seeds",
    hint="Pass a seed: {cure}.",
    why="Two runs give two results, so what `dvc repro` makes is not what the notebook showed. `nbprod verify` begins "
    "the step at the same random state on both sides: it proves that the code is the same, not that the numbers "
    "come again. A generator with a seed of its own, or `random_state=` for scikit-learn, is better than a "
    "global seed: it depends on nothing that ran before.",
    bad="""\
# %%
import random

# %%
%%step pick
chosen = random.random()
""",
    cure="""\
# %% tags=parameters
seed = 0

# %%
import random

# %%
%%step pick
chosen = random.Random(seed).random()
""",
)

SECRET = Fault(
    code="NB303",
    severity=Severity.WARNING,
    title="A secret in the notebook",
    message="{where} looks like a secret ({kind})",
    hint='Read it where it is used, from the environment: os.environ["{variable}"].',
    why="Parameters and code are written to files that are committed and shared, and so the secret would be "
    "too. Revoke it if the notebook was ever pushed. The value itself is never printed here.",
    bad="""\
# %% tags=parameters
api_key = "sk-live-4f9c2b7d81e64a0f"

# %%
%%step load
flights = [api_key]
""",
    cure="""\
# %%
import os

# %%
%%step load
flights = [len(os.environ["HOME"])]
""",
)

GLOBAL_STATE = Fault(
    code="NB304",
    severity=Severity.WARNING,
    title="A cell changes a global state in a way that steps cannot repeat",
    message="cell {place} changes a global state ({what}) in a way that the steps cannot repeat",
    hint="Move the line into the steps that depend on it, or set plain values.",
    why="Options of libraries, environment variables, warning filters and the like are part of the process, "
    "and each step runs in a process of its own. What an unmarked cell sets from plain values, "
    "constants and parameters is set again in every step below it. What it sets from values that it has "
    "computed is not there in the pipeline. So it is with what a class or function holds for itself, such as "
    "a counter of all its instances, that a method or a loop changes.",
    bad="""\
# %%
import os
from pathlib import Path

# %%
newest = sorted(Path("raw").iterdir())[-1]
os.environ["FLIGHTS_FOLDER"] = str(newest)

# %%
%%step load
folder = os.environ["FLIGHTS_FOLDER"]
""",
    cure="""\
# %%
import os
from pathlib import Path

# %%
%%step load
os.environ["FLIGHTS_FOLDER"] = str(sorted(Path("raw").iterdir())[-1])
folder = os.environ["FLIGHTS_FOLDER"]
""",
)

NETWORK = Fault(
    code="NB305",
    severity=Severity.WARNING,
    title="A step reads the network",
    message="step '{step}' opened a connection to {address}",
    hint="Keep what it downloads as its output, so that later steps do not need the network.",
    why="What comes over the network changes without DVC noticing: the step counts as fresh while its "
    "source has moved on. A step that does nothing but download, with its own output, keeps that in one "
    "place.",
    bad="""\
# %%
from urllib.request import urlopen

# %%
%%step count
number = len(urlopen("https://example.org/flights.csv").read())
""",
    cure="""\
# %%
from urllib.request import urlopen

# %%
%%step download
raw = urlopen("https://example.org/flights.csv").read()

# %%
%%step count
number = len(raw)
""",
)

ONLY_PICKLE = Fault(
    code="NB306",
    severity=Severity.HINT,
    title="A value that only pickle can store",
    message="'{name}' of step '{step}' ({type}) is stored by pickle",
    hint="Return a frame, an array, a dict or text instead, if others should read the file.",
    why="A pickle is read by Python only, may fail after an upgrade of the library that wrote it, and runs "
    "code when it is read. It is the last resort.",
    bad="""\
# %%
class Delay:
    def __init__(self, minutes):
        self.minutes = minutes

# %%
%%step load
delay = Delay(12)

# %%
%%step score
late = delay.minutes > 30
""",
    cure="""\
# %%
%%step load
delay = {"minutes": 12}

# %%
%%step score
late = delay["minutes"] > 30
""",
)

NO_FINGERPRINT = Fault(
    code="NB307",
    severity=Severity.WARNING,
    title="A value that cannot be compared",
    message="'{name}' of step '{step}' ({type}) has no fingerprint: {problem}",
    hint="Give its class a state that can be read, such as a dataclass of plain values.",
    why="By fingerprints nbprod notices that a step changed a value, that a result is stale, and that "
    "notebook and pipeline agree. For this value it must assume the worst.",
    bad="""\
# %%
import threading

# %%
%%step load
lock = threading.Lock()

# %%
%%step score
free = not lock.locked()
""",
    cure="""\
# %%
%%step load
locked = False

# %%
%%step score
free = not locked
""",
)

EXPLORATION_DRAWS = Fault(
    code="NB308",
    severity=Severity.WARNING,
    title="Exploration draws from the random state that steps use",
    message="cell {place} draws from {source} between {before} and step '{after}'",
    hint="Pass a seed of its own to the exploration, or to the steps.",
    why="The cell stays in the notebook, so the pipeline draws fewer numbers and the later step gets others "
    "than in the notebook.",
    bad="""\
# %%
import random

# %%
%%step pick
random.seed(0)
first = random.random()

# %%
random.random()

# %%
%%step pick_again
second = random.random()
""",
    cure="""\
# %%
import random

# %%
%%step pick
random.seed(0)
first = random.random()

# %%
random.Random(0).random()

# %%
%%step pick_again
second = random.random()
""",
)

OUTSIDE_PROJECT = Fault(
    code="NB309",
    severity=Severity.WARNING,
    title="A step uses a file outside of the project",
    message="step '{step}' {does} '{file}', which lies outside of the project",
    hint="Move the file into the project, or fetch it in a step of its own.",
    why="The file does not come along when the project is cloned elsewhere, and its path may name a person "
    "or a machine.",
    bad="""\
# %%
from pathlib import Path

# %%
%%step load
text = Path("/etc/hostname").read_text()
""",
    cure="""\
# %%
from pathlib import Path

# %%
%%step load
text = Path("raw/hostname.txt").read_text()
""",
)
