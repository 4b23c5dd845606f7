"""What one observed run of the notebook saw at every step."""

from __future__ import annotations

from dataclasses import dataclass

RECORD_VERSION = 2


@dataclass(frozen=True, slots=True)
class ColumnSeen:
    """One column of a frame: what generalises, not its minimum and maximum.

    `dtype` is the library's own name for it ("int64", "str", "datetime64[ns, UTC]", "category"); `kind` one of bool,
    int, float, str, datetime, timedelta, category, other. `values` is a small closed set of categories, or None.
    `sign` is "positive", "nonnegative", "negative", "nonpositive" or "". `calendar` is a (low, high) that the
    column's name promises and its values fill, such as (1, 12) for a month.
    """

    name: str
    dtype: str
    kind: str
    nullable: bool
    unique: bool = False
    values: tuple[str | int | bool, ...] | None = None
    sign: str = ""
    calendar: tuple[int, int] | None = None
    label: str = ""  # the column's label as Python source where it is no string: "0", "('a', 'b')"


@dataclass(frozen=True, slots=True)
class FrameSeen:
    """A pandas or polars frame at a step's border. `index` describes a pandas index that is not a plain range."""

    library: str
    rows: int
    columns: tuple[ColumnSeen, ...]
    index: tuple[ColumnSeen, ...] = ()


@dataclass(frozen=True, slots=True)
class ValueSeen:
    """One value at a step's border.

    `type` is the importable public name of its class ("pandas.DataFrame", "sklearn.pipeline.Pipeline", "int"), `items`
    those of what a list, set or tuple holds, or of a dict's keys and values, "" where they are of several classes;
    `shape` its rows and columns or its length; `size` its bytes in memory; `fingerprint` "" when it has none, and then
    `unfingerprinted` says why. `format` is the one that survived the round trip, "" when none did, and then
    `unstorable` says why and what to do. `code`: it holds functions or classes of the notebook themselves.
    """

    name: str
    type: str
    shape: tuple[int, ...] = ()
    size: int = 0
    fingerprint: str = ""
    unfingerprinted: str = ""
    format: str = ""
    unstorable: str = ""
    code: bool = False
    frame: FrameSeen | None = None
    summary: str = ""  # a short text for people: "327,346 × 20", "Pipeline", "6 values"
    items: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sample:
    """A small replay of the step: the cells were run on sampled inputs. Paths are relative to the record's folder."""

    inputs: tuple[tuple[str, str], ...]  # (name, path)
    outputs: tuple[tuple[str, str], ...]
    parameters: tuple[tuple[str, str], ...]  # (name, repr)
    repeats: bool = True  # a second replay gave the same outputs
    fault: str = ""  # why there is no replay: what the cells raised on the sample
    failing_tests: tuple[int, ...] = ()  # %%test cells that hold for all the data, but not for the sample


@dataclass(frozen=True, slots=True)
class StepSeen:
    """One step of the observed run.

    `changed` are names that differ after the step from before: inputs, and others that it reaches through an alias.
    `together` are groups of outputs that share objects and must be stored in one file. Files are relative to the
    project's root where they lie below it, else absolute. `figures` are digests of the figures that its cells
    displayed, in order; `shown_after` says which of the step's cells, counted from 0, displayed some at their end.
    """

    step: str
    code_id: str
    inputs: tuple[ValueSeen, ...] = ()
    outputs: tuple[ValueSeen, ...] = ()
    changed: tuple[str, ...] = ()
    together: tuple[tuple[str, ...], ...] = ()
    files_read: tuple[str, ...] = ()
    files_written: tuple[str, ...] = ()
    sockets: tuple[str, ...] = ()
    draws: tuple[str, ...] = ()  # the global random states that it advanced: "numpy", "random"
    unseeded: tuple[str, ...] = ()  # those among `draws` that nobody had seeded before
    seconds: float = 0.0
    peak_memory: int = 0  # bytes, resident, of the process that ran it
    sample: Sample | None = None
    figures: tuple[str, ...] = ()
    shown_after: tuple[int, ...] = ()

    def saw_unchanged(self, name: str) -> bool:
        """Whether the value of that name was seen to stay as it was; without a fingerprint nothing tells."""
        value = self.value(name)
        return name not in self.changed and not (value and value.unfingerprinted)

    def value(self, name: str) -> ValueSeen | None:
        """What was seen of that output, or else of that input; None if neither."""
        return next((each for each in (*self.outputs, *self.inputs) if each.name == name), None)


@dataclass(frozen=True, slots=True)
class Record:
    """An observed run, top to bottom. `star_names` are what each star import gave: ((module, names), …).

    `written_outside` are the files that unmarked cells wrote: ((path, cell), …), `changed_outside` the steps' values
    that they changed without its being seen in their code: ((name, cell), …). `search_path` are the folders,
    relative to the project's root, from which it imported modules of the project's own.
    """

    notebook: str
    recorded: str  # ISO 8601, UTC
    python: str
    packages: tuple[tuple[str, str], ...] = ()
    steps: tuple[StepSeen, ...] = ()
    parameters: tuple[tuple[str, str], ...] = ()  # (name, repr of the value that the run had)
    parameter_types: tuple[tuple[str, str], ...] = ()
    star_names: tuple[tuple[str, tuple[str, ...]], ...] = ()
    written_outside: tuple[tuple[str, int], ...] = ()
    changed_outside: tuple[tuple[str, int], ...] = ()
    search_path: tuple[str, ...] = ()
    version: int = RECORD_VERSION

    def step(self, name: str) -> StepSeen | None:
        """What was seen of that step, or None."""
        return next((each for each in self.steps if each.step == name), None)
