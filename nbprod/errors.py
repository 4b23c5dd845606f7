"""What can go wrong with the world. Faults of a notebook are diagnostics, not exceptions.

NbprodError                 the root: what happened, why, what to do
├── UsageError              the command was used wrongly
│   └── ParametersRefused   values are not what a notebook's parameters take
├── NotebookUnreadable      the file is no notebook that can be read
├── NotebookFaulty          the notebook has error diagnostics, so the verb cannot go on
├── CellFailed              a cell raised, or its kernel died, while the notebook ran
├── StepFailed              an extracted step raised while it ran
├── StageFailed             a command of dvc.yaml failed
├── SchemaViolated          a value broke its schema at a step's border
├── ValueUnstorable         no format holds a value
├── ProjectBroken           dvc.yaml, params.yaml or a generated file cannot be used as it is
 ├── RepositoryBusy          another process works in the repository
 ├── WriteFailed             the disk or its permissions refused
 ├── StorageFailed           a storage (s3://…) can't be reached, or refused
 └── ClusterFailed           a cluster can't be reached, or was lost
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nbprod.model.diagnostic import Diagnostic


class NbprodError(Exception):
    """The root of what nbprod raises: `message` says what and why, `hint` what to do.

    >>> raise NbprodError("dvc.yaml is not valid YAML, line 3", hint="Mend line 3, or move the file away.")
    Traceback (most recent call last):
    nbprod.errors.NbprodError: dvc.yaml is not valid YAML, line 3. Mend line 3, or move the file away.
    """

    exit_code = 2

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        if "\n" in self.message and self.hint:  # what to do stands on a line of its own, after the details
            return f"{self.message}\n{self.hint}"
        return f"{self.message.rstrip('.')}. {self.hint}" if self.hint else self.message


class UsageError(NbprodError):
    """The command was used wrongly."""


class ParametersRefused(UsageError):
    """Values are not what the notebook's parameters take; `faults` are all that is wrong, a sentence each."""

    def __init__(self, message: str, faults: Sequence[str], *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.faults = tuple(faults)


class NotebookUnreadable(NbprodError):
    """The file is no notebook that can be read."""


class NotebookFaulty(NbprodError):
    """The notebook has error diagnostics; `diagnostics` holds all of them."""

    exit_code = 1

    def __init__(self, message: str, diagnostics: Sequence[Diagnostic], *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.diagnostics = tuple(diagnostics)


class CellFailed(NbprodError):
    """A cell raised while the notebook ran; `cell` is its index, `traceback` its own, as plain text."""

    exit_code = 1

    def __init__(
        self, message: str, *, cell: int, line: int | None = None, traceback: str = "", hint: str = ""
    ) -> None:
        super().__init__(message, hint=hint)
        self.cell = cell
        self.line = line
        self.traceback = traceback


class StepFailed(NbprodError):
    """An extracted step raised while it ran; `step` names it, `__cause__` is what it raised."""

    exit_code = 1

    def __init__(self, message: str, *, step: str, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.step = step


class StageFailed(NbprodError):
    """A command of dvc.yaml ended with another code than 0."""

    exit_code = 1


class SchemaViolated(NbprodError):
    """A value broke its schema at a step's border; `report` is the path of the file with every failure."""

    exit_code = 1

    def __init__(self, message: str, *, step: str, report: str = "", hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.step = step
        self.report = report


class ValueUnstorable(NbprodError):
    """No format holds the value."""

    exit_code = 1


class ProjectBroken(NbprodError):
    """dvc.yaml, params.yaml or a generated file cannot be used as it is."""


class RepositoryBusy(NbprodError):
    """Another process, of nbprod or DVC, works in the repository."""


class WriteFailed(NbprodError):
    """The disk or its permissions refused; nothing was half-written."""


class StorageFailed(NbprodError):
    """A storage can't be reached, or refused."""


class ClusterFailed(NbprodError):
    """A cluster can't be reached, or was lost."""
