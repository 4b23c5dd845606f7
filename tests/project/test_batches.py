"""A batch's verbs beyond what the command's tests drive."""

from __future__ import annotations

import os
import signal

import pytest

from nbprod.project.batches import Options, planned, uninterrupted
from nbprod.run.batches.spec import Spec

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
