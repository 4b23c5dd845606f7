"""The notebook's face: `%load_ext nbprod` reads marks, says quietly what steps did, and brings the commands along."""

from __future__ import annotations

import ast
import difflib
import os
import shlex
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError
from IPython.core.inputtransformer2 import cell_magic
from IPython.core.magic import Magics, line_cell_magic, line_magic, magics_class

from nbprod.adapters.showing import Showing
from nbprod.read.livemarks import FAULT, step_under_test, unmarked

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from types import ModuleType

    from nbprod.emit.feedback import Rendered
    from nbprod.project.live import Session

RECORDING = "NBPROD_RECORDING"  # set in the kernel that `nbprod record` starts: there its own observer watches
KEPT = "_nbprod_extension"  # where a shell keeps its extension


def load(shell: Any) -> None:
    """Take the extension into the shell; loading it again starts afresh."""
    unload(shell)
    extension = Extension(shell)
    setattr(shell, KEPT, extension)
    extension.attach()


def unload(shell: Any) -> None:
    """Take the extension out of the shell and leave nothing of it behind."""
    extension = vars(shell).pop(KEPT, None)
    if extension is not None:
        extension.detach()


class Extension:
    """One shell's share: its session, the transformation of marks, and the hooks around each cell."""

    def __init__(self, shell: Any) -> None:
        self.shell = shell
        self.magics = StepMagics(shell, self)
        self._session: Session | None = None
        self._before = self._ran_before()
        self._showing = Showing(shell)
        self._skips = Skips()
        self._outer: list[str] = []  # the sources of the cells that run now: a cell can run another one
        self._identified = False  # whether the frontend tells cells by their ids, and with them their tags

    def attach(self) -> None:
        """Register magics, transformation and hooks; while a record runs nothing is observed."""
        self.shell.register_magics(self.magics)
        self.shell.input_transformers_cleanup.append(self.transform)
        if not os.environ.get(RECORDING):
            self.shell.events.register("pre_run_cell", self.before)
            self.shell.events.register("post_run_cell", self.after)
            self.shell.ast_transformers.append(self._skips)

    def detach(self) -> None:
        """Undo `attach`."""
        transforms = self.shell.input_transformers_cleanup
        transforms[:] = [each for each in transforms if each != self.transform]
        self.shell.ast_transformers[:] = [each for each in self.shell.ast_transformers if each is not self._skips]
        for event, hook in (("pre_run_cell", self.before), ("post_run_cell", self.after)):
            if hook in self.shell.events.callbacks[event]:
                self.shell.events.unregister(event, hook)
        for kind, names in self.magics.magics.items():
            for name in names:
                self.shell.magics_manager.magics[kind].pop(name, None)
        if self._session is not None:
            self._session.close()

    @property
    def session(self) -> Session:
        """What the kernel ran; begun with the first cell after this one, so that loading takes no time."""
        if self._session is None:
            from nbprod.project.live import Session

            self._session = Session(self.shell.user_ns, self.find)
            for source, key in self._before:
                self._session.ran_before(source, key)
        return self._session

    def find(self) -> Path | None:
        """The notebook's file, if the frontend lets us know."""
        from nbprod.project.whereabouts import notebook_file

        return notebook_file(os.environ, self.shell.user_ns, has_ids=bool(self._request().get("cellId")))

    def transform(self, lines: list[str]) -> list[str]:
        """Take the marks out of a cell before IPython goes on with it."""
        return unmarked(lines, cell_magic, self._known_steps)

    def _known_steps(self) -> tuple[str, ...]:
        """The names of the steps; none where the frontend tells no tags (papermill): a tag may mark some."""
        return self.session.step_names() if self._identified or self._request().get("cellId") else ()

    def before(self, info: Any) -> None:
        """A cell is about to run."""
        self._outer.append(info.raw_cell)
        if len(self._outer) > 1:
            return
        with self._undisturbed():
            request = self._request() or getattr(info, "cell_meta", None) or {}
            key = request.get("cellId") or getattr(info, "cell_id", None) or ""
            tags, deleted = request.get("tags") or (), request.get("deletedCells") or ()
            self._identified = self._identified or bool(key)
            self.session.start(info.raw_cell, key=str(key), tags=tuple(map(str, tags)), deleted=deleted)
            self._skips.now = self.session.restored is not None
            if self.session.watches and not self._skips.now:
                self._showing.begin()

    def after(self, result: Any) -> None:
        """A cell has run: show what there is to say, if it belongs to a step and did not raise."""
        source = self._outer.pop() if self._outer else None
        if source is None or self._outer:
            return
        raised = _raised(result)
        self._skips.now = False
        shown = self._showing.end()
        with self._undisturbed():
            restored = self.session.restored
            feedback = self.session.finish(raised, shown)
            self._showing.again(restored or [])
            for each in feedback:
                show(self.shell, drawn().step_line(each))
            if raised is None and step_under_test(source):
                show(self.shell, drawn().passed_line(step_under_test(source)))

    @contextmanager
    def _undisturbed(self) -> Iterator[None]:
        """Whatever fails in nbprod itself costs the cell its feedback, and nothing else."""
        try:
            yield
        except Exception as error:  # noqa: BLE001  (see above)
            show(self.shell, drawn().note(f"nbprod could not follow this cell: {type(error).__name__}: {error}"))

    def _ran_before(self) -> list[tuple[str, str]]:
        """The cells that ran before with their ids, where known: that of the one that loads the extension."""
        ran = [(source, "") for source in self.shell.history_manager.input_hist_raw[1:]]
        return [*ran[:-1], (ran[-1][0], str(self._request().get("cellId") or ""))] if ran else []

    def _request(self) -> dict[str, Any]:
        """The metadata of the request that runs the cell: JupyterLab sends the cell's id and tags."""
        parent = self.shell.get_parent() if hasattr(self.shell, "get_parent") else None
        return dict((parent or {}).get("metadata") or {})


class Skips(ast.NodeTransformer):
    """Empties the cell that need not run, for what it makes was restored."""

    now = False

    def visit_Module(self, node: ast.Module) -> ast.Module:
        """Return the cell, or an empty one."""
        node.body = [] if self.now else node.body
        return node


# In a terminal, IPython would take a lone `%%step` line for a whole cell if it saw it as the comment it becomes.
setattr(Extension.transform, "has_side_effects", True)  # noqa: B010  (mypy knows no attributes on functions)


def _raised(result: Any) -> BaseException | None:
    if result is None:  # interrupted
        return KeyboardInterrupt()
    error: BaseException | None = result.error_before_exec or result.error_in_exec
    return error


def drawn() -> ModuleType:
    """The module that renders feedback, imported when there is something to say."""
    from nbprod.emit import feedback

    return feedback


def show(shell: Any, rendered: Rendered) -> None:
    """Display what was rendered, below what the cell itself displays."""
    shell.display_pub.publish(data=rendered.bundle, metadata={})


@magics_class
class StepMagics(Magics):
    """Steps and their commands. `%steps`, `%graph`, `%schema NAME`; `%check`, `%export`, `%verify`; `%%step?` helps."""

    def __init__(self, shell: Any, extension: Extension) -> None:
        super().__init__(shell)
        self.extension = extension

    @property
    def session(self) -> Session:
        """What the kernel ran."""
        return self.extension.session

    @line_cell_magic
    def step(self, line: str, cell: str | None = None) -> None:
        """Mark a cell as part of a step: the notebook's named units, which `nbprod export` turns into functions.

        %%step NAME [--outs NAME …] [--metrics NAME …] [--plots NAME …] [--no-figures]
                    [--fresh | --no-cache | --cache]

        It stands on the first line of a cell. The cell runs as it would without it; then one quiet line says what it
        read and made, how long it took, whether frames keep to their schemas, and what to beware of. Several cells of
        one name make one step. What a step reads and makes is found from the code, changes in place included:

          --outs        values to store although no later step reads them
          --metrics     numbers, or dicts of numbers, for `dvc metrics`
          --plots       figures, or frames to draw, for `dvc plots`
          --no-figures  the figures that the step displays are no plots of it
          --fresh       the cell runs in a batch, although its work is in the cache; what it makes takes its place
          --no-cache    its work is never restored from the cache
          --cache       it is, although the cell reads the clock, the network or what nobody has seeded

        The cell tag step:NAME and the decorator @step (from nbprod import step) say the same.

            %%step clean
            flown = flights.dropna(subset=["arr_delay"])
        """
        if cell is None and line.startswith(FAULT):
            raise UsageError(line.removeprefix(FAULT))
        raise UsageError("%%step stands on the first line of a cell, with two %: %%step NAME. See %%step?")

    @line_cell_magic
    def test(self, line: str, cell: str | None = None) -> None:  # noqa: ARG002  (IPython's signature)
        """Mark a cell as a test of a step: `nbprod export` makes its assertions a test.

        %%test STEP

        The cell runs as it would without the mark; one quiet line says that it passed.

            %%test clean
            assert flown["arr_delay"].notna().all()
        """
        raise UsageError("%%test stands on the first line of a cell, with two %: %%test STEP. See %%test?")

    @line_magic
    def steps(self, line: str) -> None:
        """Show the notebook's steps: fresh, stale, failed or not run, and why.

        %steps

        A step is stale when its code changed since it ran, or a helper, constant or parameter that it uses, or one of
        its inputs.
        """
        no_arguments("%steps", line)
        states = self.session.states()
        show(self.shell, drawn().states_table(states) if states else drawn().note(NO_STEPS))
        self._stages()

    @line_magic
    def graph(self, line: str) -> None:
        """Draw the notebook's steps and what flows between them.

        %graph
        """
        from nbprod.emit import drawing

        no_arguments("%graph", line)
        graph = self.session.graph()
        if not graph.steps:
            return show(self.shell, drawn().note(NO_STEPS))
        states = {each.name: str(each.state) for each in self.session.states()}
        show(self.shell, drawn().Rendered(drawing.text(graph), drawing.svg(graph, states=states)))
        return self._stages()

    def _stages(self) -> None:
        """Say how the stages stand that run the steps, where they have been exported."""
        from nbprod.report.reproduced import brief

        stages = self.session.stages()
        if stages is not None and stages.stages:
            show(self.shell, drawn().note(brief(stages)))

    @line_magic
    def schema(self, line: str) -> None:
        """Show the pandera model of a frame, as export would write it.

        %schema NAME

        NAME is a frame, or a step: then those of all frames that it makes.
        """
        from nbprod.project.schemas import models

        names = line.split()
        if len(names) != 1:
            raise UsageError("%schema takes one name, of a frame or of a step: %schema flown")
        known = self.session.frames()
        wanted = known.get(names[0])
        if wanted is None:
            raise UsageError(f"no frame or step '{names[0]}'. {nearest(names[0], known)}")
        shell = self.extension.shell
        code = models({each: shell.user_ns[each] for each in wanted})
        shell.display_pub.publish(data={"text/plain": code, "text/markdown": f"```python\n{code}```\n"}, metadata={})

    @line_magic
    def check(self, line: str) -> None:
        """Show all diagnostics of the saved notebook, as `nbprod check` does.

        %check [NOTEBOOK] [--json]
        """
        self._command("check", line)

    @line_magic
    def export(self, line: str) -> None:
        """Write package, tests, schemas, dvc.yaml and params.yaml from the saved notebook, as `nbprod export` does.

        %export [NOTEBOOK] [--check] [--overwrite] [--record | --no-record] [--json]
        """
        self._command("export", line)

    @line_magic
    def verify(self, line: str) -> None:
        """Run the saved notebook and the extracted pipeline and compare every output, as `nbprod verify` does.

        %verify [NOTEBOOK] [--rtol X] [--atol X] [--json]
        """
        self._command("verify", line)

    def _command(self, name: str, line: str) -> None:
        from nbprod.adapters import command

        words = shlex.split(line)
        path = self.session.notebook.path
        if not any(each.endswith(".ipynb") for each in words):
            if path is None:
                raise UsageError(f"which notebook? This frontend doesn't tell. Give its path: %{name} NOTEBOOK.ipynb")
            words = [str(path), *words]
            if self.session.notebook.unsaved():
                note = f"{path.name} has changed since it was saved; what follows is of the file"
                show(self.shell, drawn().note(note))
        code, last = command.run([name, *words], Path.cwd(), lambda text: print(text, end=""))  # noqa: T201
        if code == WRONG_USE and last.startswith("Error: "):
            raise UsageError(last.removeprefix("Error: "))


NO_STEPS = "no steps yet: mark a cell with %%step NAME on its first line"
WRONG_USE = 2


def no_arguments(magic: str, line: str) -> None:
    """Raise UsageError when there are any."""
    if line.strip():
        raise UsageError(f"{magic} takes no arguments, not '{line.strip()}'")


def nearest(name: str, known: Collection[str]) -> str:
    """Return a sentence that names the likeliest of the known names.

    >>> nearest("flwon", ["flown", "flights"])
    "Did you mean 'flown'?"
    """
    found: Sequence[str] = difflib.get_close_matches(name, list(known), n=1)
    if found:
        return f"Did you mean '{found[0]}'?"
    return f"There are {', '.join(sorted(known)[:8])}." if known else "There are none yet."
