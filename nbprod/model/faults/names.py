"""NB2xx, second half: where the values come from that a step reads."""

from __future__ import annotations

from nbprod.model.diagnostic import Severity
from nbprod.model.faults.fault import Fault

UNMADE_NAME = Fault(
    code="NB203",
    severity=Severity.ERROR,
    title="A step reads what no step makes",
    message="step '{step}' reads '{name}', which no step makes",
    hint="'{name}' is {how} in cell {maker}: mark it with %%step, or add it to {near}.",
    why="Unmarked cells stay in the notebook. What they compute does not exist in the pipeline, so a step "
    "cannot read it. Imports, functions, classes and constants of unmarked cells travel with the steps "
    "that use them; computed values do not. A mark is no cure for a cell tagged `raises-exception`: the notebook goes "
    "on below what it raises, and a step can't. What it makes has to come from a cell that doesn't raise.",
    if_raising="'{name}' is {how} in cell {maker}, which may raise by its tag raises-exception, and a step must not: "
    "make it in a cell without the tag, and mark that.",
    bad="""\
# %%
%%step load
flights = [12, 40, 3]

# %%
late = [each for each in flights if each > 30]

# %%
%%step score
share = len(late) / len(flights)
""",
    cure="""\
# %%
%%step load
flights = [12, 40, 3]

# %%
%%step select
late = [each for each in flights if each > 30]

# %%
%%step score
share = len(late) / len(flights)
""",
)

CHANGED_OUTSIDE = Fault(
    code="NB204",
    severity=Severity.ERROR,
    title="An unmarked cell changes what a step made",
    message="cell {changer} changes '{name}', which step '{maker}' makes and {reader}",
    hint="Mark cell {changer} with %%step {maker}, or with a name of its own.",
    why="The cell runs in the notebook and not in the pipeline, so the later step would get another value "
    "there. Either the change is part of the pipeline, then mark the cell, or it is exploration, then "
    "work on a copy. A mark is no cure for a cell tagged `raises-exception`: the notebook goes on below what it "
    "raises, and a step can't.",
    if_raising="A step must not raise, and cell {changer} may, by its tag raises-exception: change '{name}' in a cell "
    "without the tag and mark that, or let cell {changer} work on a copy.",
    bad="""\
# %%
%%step load
flights = [12, 40, 3]

# %%
flights.append(99)

# %%
%%step score
longest = max(flights)
""",
    cure="""\
# %%
%%step load
flights = [12, 40, 3]

# %%
%%step load
flights.append(99)

# %%
%%step score
longest = max(flights)
""",
)

CYCLE = Fault(
    code="NB205",
    severity=Severity.ERROR,
    title="Steps that need each other",
    message="steps need each other: {path}",
    hint="Split one of them: give its later cells a step name of their own.",
    why="All cells of one name run as one function, at once. If step a reads what b makes and b reads what "
    "another cell of a makes, neither can run first.",
    bad="""\
# %%
%%step prepare
flights = [12, 40, 3]

# %%
%%step score
longest = max(flights)

# %%
%%step prepare
scaled = [each / longest for each in flights]
""",
    cure="""\
# %%
%%step prepare
flights = [12, 40, 3]

# %%
%%step score
longest = max(flights)

# %%
%%step scale
scaled = [each / longest for each in flights]
""",
)

HIDDEN_STATE = Fault(
    code="NB206",
    severity=Severity.ERROR,
    title="A step reads a name before any cell makes it",
    message="{reader} reads '{name}', which is made only further down, in cell {maker}",
    hint="Move cell {maker} above cell {place}, then restart the kernel and run all cells.",
    why="The notebook works only in a kernel where the cells ran in another order. From top to bottom it "
    "fails, and so would the pipeline.",
    bad="""\
# %%
%%step score
longest = max(flights)

# %%
%%step load
flights = [12, 40, 3]
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

UNDEFINED_NAME = Fault(
    code="NB207",
    severity=Severity.ERROR,
    title="A name that nothing in the notebook makes",
    message="{reader} reads '{name}', which nothing in the notebook makes",
    hint="{nearest}Assign or import it above; a name from a deleted cell lives on only in the running kernel.",
    why="The name is misspelt, or it comes from a cell that was deleted, from a star import or a magic. In "
    "a fresh kernel the cell fails. Where only a method of a class reads it, or a branch of an if or an except, "
    "that may never run: then it is a warning, and a run decides.",
    bad="""\
# %%
%%step load
flights = [12, 40, 3]

# %%
%%step score
longest = max(flihgts)
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

CHANGED_AFTER_READ = Fault(
    code="NB208",
    severity=Severity.ERROR,
    title="A step changes a name after another step has read it",
    message="step '{maker}' changes '{name}' in cell {changer}, after step '{reader}' has read it in cell {place}",
    hint="Give cell {changer} a step name of its own, or another name to what it makes.",
    why="All cells of a step run as one function, so the other step would get the later value, where the "
    "notebook gave it the earlier one.",
    bad="""\
# %%
%%step load
flights = [12, 40, 3]

# %%
%%step score
longest = max(flights)

# %%
%%step load
flights = flights + [99]

# %%
%%step count
number = len(flights)
""",
    cure="""\
# %%
%%step load
flights = [12, 40, 3]

# %%
%%step score
longest = max(flights)

# %%
%%step extend
more_flights = flights + [99]

# %%
%%step count
number = len(more_flights)
""",
)

NOTEBOOK_NAME = Fault(
    code="NB214",
    severity=Severity.ERROR,
    title="A name that only a notebook has",
    message="step '{step}' reads '{name}', {what}, which no module has",
    hint="Give the value a name of its own in the cell that makes it, and read that.",
    why="IPython keeps what cells showed as `_`, `_3` and `Out[3]`, what they read as `In`, and itself as "
    "`get_ipython()`. What these are depends on the order in which cells were run, and a plain module has none of "
    "them. Magics and shell lines are translated, and so are calls such as `get_ipython().system('ls')`.",
    bad="""\
# %%
%%step load
flights = [12, 40, 3]
max(flights)

# %%
%%step score
longest = _
""",
    cure="""\
# %%
%%step load
flights = [12, 40, 3]
most = max(flights)

# %%
%%step score
longest = most
""",
)
