"""NB2xx, first half: which steps there are, what they are called and what they declare."""

from __future__ import annotations

from nbprod.model.diagnostic import Severity
from nbprod.model.faults.fault import Fault

NO_STEPS = Fault(
    code="NB201",
    severity=Severity.ERROR,
    title="The notebook has no steps",
    message="no cell of the notebook is marked as a step",
    hint="Put '%%step NAME' on top of a cell, '@step' on a function, or give a cell the tag 'step:NAME'. "
    "nbprod suggest proposes marks.",
    why="A pipeline is made of steps, and only you know which cells are its steps and which are "
    "exploration. Nothing is guessed: a cell becomes part of the pipeline by a mark.",
    bad="""\
# %%
flights = [12, 40, 3]
""",
    cure="""\
# %%
%%step load
flights = [12, 40, 3]
""",
)

BAD_STEP_NAME = Fault(
    code="NB202",
    severity=Severity.ERROR,
    title="A name that no function can have",
    message="'{name}' cannot be a step's name: {problem}",
    hint="Call it {suggestion}.",
    why="A step becomes a module and a function of its name. So the name must be a Python identifier, no "
    "keyword, no builtin, and none of the names that the step's own code uses for something else.",
    bad="""\
# %%
%%step load-flights
flights = [12, 40, 3]
""",
    cure="""\
# %%
%%step load_flights
flights = [12, 40, 3]
""",
)

UNMADE_DECLARED = Fault(
    code="NB209",
    severity=Severity.ERROR,
    title="A declared output that the step does not make",
    message="step '{step}' declares '{name}' ({option}), but does not make it",
    hint="{nearest}Assign it in the step, or take it from the mark.",
    why="`--outs`, `--metrics` and `--plots` name variables that the step's cells assign or change. DVC "
    "would wait for a file that never comes.",
    bad="""\
# %%
%%step score --metrics qualty
quality = {"auc": 0.8}
""",
    cure="""\
# %%
%%step score --metrics quality
quality = {"auc": 0.8}
""",
)

COMPUTED_PARAMETER = Fault(
    code="NB210",
    severity=Severity.ERROR,
    title="A parameter that is computed",
    message="parameter '{name}' is computed: {problem}",
    hint="Give it a plain value (number, text, None, date, path, list or dict), and compute in a step or a definition.",
    why="Parameters go to `params.yaml`, where people and DVC change them. Only plain values can stand "
    "there, and dates, durations, paths, decimals, fractions and UUIDs that are written out (`date(2026, 11, 23)`), "
    "as texts; in a list or a dict these need an annotation. "
    "What is computed from a parameter belongs below, into an unmarked cell or a step, so that "
    "it follows when the parameter changes.",
    bad="""\
# %% tags=parameters
late_after = 30
late_seconds = late_after * 60

# %%
%%step load
flights = [late_seconds]
""",
    cure="""\
# %% tags=parameters
late_after = 30

# %%
%%step load
late_seconds = late_after * 60
flights = [late_seconds]
""",
)

TEST_OF_UNKNOWN_STEP = Fault(
    code="NB211",
    severity=Severity.ERROR,
    title="A test of a step that does not exist",
    message="'%%test {name}' tests a step that does not exist",
    hint="{nearest}The notebook's steps: {steps}.",
    why="A `%%test STEP` cell becomes a test of that step. Under a wrong name it would test nothing, and "
    "nobody would notice.",
    bad="""\
# %%
%%step clean
flights = [12, 40, 3]

# %%
%%test cleam
assert min(flights) > 0
""",
    cure="""\
# %%
%%step clean
flights = [12, 40, 3]

# %%
%%test clean
assert min(flights) > 0
""",
)

UNCLEAR_CALL = Fault(
    code="NB212",
    severity=Severity.ERROR,
    title="A step's function is called in a way that hides its inputs or outputs",
    message="step '{step}': {problem}",
    hint="Call it once, at the top level, as in: {call}",
    why="The arguments of an `@step` function are the names of what other steps make, or of parameters, and "
    "what the call is bound to is what the step makes. So the notebook must pass every argument under "
    "its own name and give the results plain names. With another name the notebook and the pipeline "
    "would compute different things.",
    bad="""\
# %%
from nbprod import step

# %%
%%step load
flights = [12, 40, 3]

# %%
@step
def count(flights):
    return len(flights)

number = count(flights[1:])
""",
    cure="""\
# %%
from nbprod import step

# %%
%%step load
flights = [12, 40, 3]

# %%
@step
def count(flights):
    return len(flights)

number = count(flights)
""",
)

NAME_TAKEN = Fault(
    code="NB213",
    severity=Severity.ERROR,
    title="A name that another notebook uses already",
    message="{what} '{name}' is used by {other} already",
    hint="Rename {rename}.",
    why="A notebook becomes a package of its name and a step a stage of its name in the project's one "
    "`dvc.yaml`. Two notebooks that share a name would write over each other's files.",
    bad="""\
notebooks/flights.ipynb      marks a cell with %%step load
notebooks/weather.ipynb      marks a cell with %%step load
""",
    cure="""\
notebooks/flights.ipynb      marks a cell with %%step load
notebooks/weather.ipynb      marks a cell with %%step load_weather
""",
)

MARKED_TWICE = Fault(
    code="NB214",
    severity=Severity.ERROR,
    title="One step is marked in two ways",
    message="step '{name}' is marked {first} and {second}",
    hint="Rename one of the two; several cells of one step must all carry '%%step {name}'.",
    why="Several cells with the same `%%step NAME` are one step. A function marked `@step` is a step of its "
    "own, under its name, so that name can stand neither on cells nor on a second function.",
    bad="""\
# %%
from nbprod import step

# %%
%%step load
flights = [12, 40, 3]

# %%
@step
def load():
    return [1, 2]

delays = load()
""",
    cure="""\
# %%
from nbprod import step

# %%
%%step load
flights = [12, 40, 3]

# %%
@step
def load_delays():
    return [1, 2]

delays = load_delays()
""",
)
