"""A batch's verbs beyond what the command's tests drive."""

from __future__ import annotations

import json
import os
import signal

import pytest

from nbprod.model.batch import Advance
from nbprod.project.batches import Options, executor, performed, planned, uninterrupted
from nbprod.run.batches.spec import Spec
from nbprod.run.batches.turns import half_of_memory_is_free

NOTEBOOK = """# %% tags=["parameters"]
number: int = 0

# %%
# %%step write --metrics size
from pathlib import Path
Path("out.txt").write_text("x" * number)
size = number
"""


def test_ctrl_c_is_heard_when_the_index_is_written():
    done = []
    with pytest.raises(KeyboardInterrupt), uninterrupted():  # noqa: PT012
        os.kill(os.getpid(), signal.SIGINT)
        done.append("written")
    assert done == ["written"]


@pytest.mark.slow
def test_a_file_that_every_run_writes_is_told(whole):
    project = whole("once", NOTEBOOK.replace("# %%step", "%%step"))
    from nbprod.project import record

    record(project.notebook)
    plan = planned(project.notebook, Spec({}, grid={"number": [1, 2]}), Options(str(project.root / "out")))
    assert any("the notebook writes nb/out.txt in its own folder" in note for note in plan.notes)
    assert plan.work is not None
    assert (plan.work.steps, plan.work.unique) == (2, 2)
    assert plan.work.seconds is not None


WAITED_FOR = """# %% tags=["parameters"]
number: int = 0

# %% tags=["step:seen"]
from pathlib import Path
Path(f"seen-{number}").touch()

# %% tags=["step:common"]
import os
from threading import Event
for _ in range(600):
    common = [each for each in os.listdir() if each.startswith("seen-")]
    if len(common) == 6:
        break
    Event().wait(0.05)
assert len(common) == 6, "nobody else began"
"""


@pytest.mark.slow
@pytest.mark.skipif(not half_of_memory_is_free(), reason="where memory is short, no more runs begin than may compute")
def test_while_one_run_computes_what_others_wait_for_more_of_them_begin(whole):
    project = whole("waiting", WAITED_FOR)
    options = Options(str(project.root / "out"))
    plan = planned(project.notebook, Spec({}, grid={"number": [1, 2, 3, 4, 5, 6]}), options)
    assert not performed(plan, executor(2, None), options).failed


TIMED = """# %% tags=["parameters"]
number: int = 0

# %% tags=["step:late"]
from threading import Event
late = Event().wait(number / 2)

# %% tags=["step:common"]
common = Event().wait(5)

# %% tags=["step:own"]
own = Event().wait(2 * number)
"""


@pytest.mark.slow
def test_time_spent_waiting_for_another_is_not_the_runs_own(whole):
    project = whole("timed", TIMED)
    options = Options(str(project.root / "out"), timeout=7)
    plan = planned(project.notebook, Spec({}, grid={"number": [0, 2]}), options)
    done = performed(plan, executor(2, None), options)
    assert not done.failed
    assert max(entry.seconds for entry in done.entries) > 7
    assert [entry.restored for entry in done.entries] == [0, 1]


TWO_STEPS = """# %% tags=["parameters"]
number: int = 0

# %% tags=["step:load"]
rows = list(range(10))

# %% tags=["step:load"]
rows = [each + 1 for each in rows]

# %% tags=["step:fit"]
score = sum(rows) * number

# %%
import os
os.environ["OMP_WAIT_POLICY"]
"""


@pytest.mark.slow
def test_steps_are_told_while_a_run_goes_on(whole):
    project = whole("advancing", TWO_STEPS)
    options = Options(str(project.root / "out"))
    plan = planned(project.notebook, Spec({}, grid={"number": [1, 2]}), options)
    told = []
    done = performed(plan, executor(1, None), options, lambda entry: told.append(entry.name), told.append)
    assert told == [
        *(Advance("number=1", 1, 0), Advance("number=1", 2, 0), "number=1"),
        *(Advance("number=2", 0, 1), Advance("number=2", 1, 1), "number=2"),
    ]
    assert [(each.done, each.restored) for each in done.entries] == [(2, 0), (1, 1)]
    executed = json.loads((project.root / "out" / "runs" / "number=1" / "notebook.ipynb").read_text())
    assert executed["cells"][-1]["outputs"][0]["data"]["text/plain"] == "'PASSIVE'"
