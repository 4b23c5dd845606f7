"""A live notebook: a real shell in this process, driven as a frontend drives it."""

from __future__ import annotations

import os
import re
import signal

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from traitlets.config import Config

FEEDBACK = re.compile(r'class="nbprod"')

# Who starts the tests in the background may have them ignore Ctrl-C, and so would each command that they start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


class Ran:
    """What one cell displayed, printed and raised."""

    def __init__(self, captured, result):
        shown = [each.data for each in captured.outputs]
        self.feedback = [each for each in shown if FEEDBACK.search(each.get("text/html", ""))]
        self.displayed = [each for each in shown if each not in self.feedback]
        self.stdout, self.stderr = captured.stdout, captured.stderr
        self.result, self.error = result.result, result.error_in_exec or result.error_before_exec

    @property
    def text(self):
        return "\n".join(each["text/plain"] for each in self.feedback)


class LiveNotebook:
    """A kernel's shell, driven as a frontend drives it."""

    def __init__(self, *, loaded=True):
        config = Config({"HistoryManager": {"enabled": False}, "InteractiveShell": {"colors": "nocolor"}})
        InteractiveShell.clear_instance()
        self.shell = InteractiveShell.instance(config=config)
        self.run("%load_ext nbprod" if loaded else "None")

    def run(self, source, key=None, tags=()):
        with capture_output() as captured:
            meta = {"cellId": key, "tags": list(tags)} if key or tags else None
            result = self.shell.run_cell(source, store_history=True, cell_id=key, cell_meta=meta)
        return Ran(captured, result)


@pytest.fixture(scope="session", autouse=True)
def fixture_emitted_tests_need_no_plugins():
    """What is installed here as a plugin of pytest would cost each run of emitted tests half a second."""
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"


@pytest.fixture(name="live")
def fixture_live(tmp_path, monkeypatch):
    """Returns a function that opens a notebook in a folder of its own; one at a time."""
    monkeypatch.chdir(tmp_path)
    for name in ("JPY_SESSION_NAME", "NBPROD_RECORDING"):
        monkeypatch.delenv(name, raising=False)
    yield LiveNotebook
    if InteractiveShell.initialized():
        InteractiveShell.instance().run_line_magic("unload_ext", "nbprod")
    InteractiveShell.clear_instance()
