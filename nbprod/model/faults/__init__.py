"""Every fault of a notebook that nbprod names, by code; each constant carries the texts of one."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from nbprod.model.faults.fault import ExampleCell, Fault, example_cells
from nbprod.model.faults.files import FILE_OF_TWO, NOTHING_COMPARED, NOTHING_KEPT, STRAY_FILE
from nbprod.model.faults.names import (
    CHANGED_AFTER_READ,
    CHANGED_OUTSIDE,
    CYCLE,
    HIDDEN_STATE,
    NOTEBOOK_NAME,
    UNDEFINED_NAME,
    UNMADE_NAME,
)
from nbprod.model.faults.reading import (
    INSTALL_LEFT_OUT,
    LATE_MARK,
    MALFORMED_MARK,
    MENDED_IDS,
    NOT_PYTHON,
    OLD_FORMAT,
    OTHER_KERNEL,
    OTHER_LANGUAGE_STEP,
    UNCARRIED_MAGIC,
)
from nbprod.model.faults.running import (
    EXPLORATION_DRAWS,
    GLOBAL_STATE,
    NETWORK,
    NO_FINGERPRINT,
    ONLY_PICKLE,
    OUTSIDE_PROJECT,
    SECRET,
    UNSEEDED,
    UNSTORABLE,
)
from nbprod.model.faults.steps import (
    BAD_STEP_NAME,
    COMPUTED_PARAMETER,
    MARKED_TWICE,
    NAME_TAKEN,
    NO_STEPS,
    TEST_OF_UNKNOWN_STEP,
    UNCLEAR_CALL,
    UNMADE_DECLARED,
)
from nbprod.model.faults.writing import (
    BEHIND,
    CONFLICT,
    DIVERGED,
    NO_REPLAY,
    STAGE_LEFT,
    STAGE_TAKEN,
    UNUSABLE_YAML,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

FAULTS: Mapping[str, Fault] = MappingProxyType(
    {
        fault.code: fault
        for fault in (
            NOT_PYTHON,
            UNCARRIED_MAGIC,
            OLD_FORMAT,
            OTHER_KERNEL,
            MALFORMED_MARK,
            LATE_MARK,
            INSTALL_LEFT_OUT,
            OTHER_LANGUAGE_STEP,
            MENDED_IDS,
            NO_STEPS,
            BAD_STEP_NAME,
            UNMADE_NAME,
            CHANGED_OUTSIDE,
            CYCLE,
            HIDDEN_STATE,
            UNDEFINED_NAME,
            CHANGED_AFTER_READ,
            UNMADE_DECLARED,
            COMPUTED_PARAMETER,
            TEST_OF_UNKNOWN_STEP,
            UNCLEAR_CALL,
            NAME_TAKEN,
            NOTEBOOK_NAME,
            MARKED_TWICE,
            UNSTORABLE,
            UNSEEDED,
            SECRET,
            GLOBAL_STATE,
            NETWORK,
            ONLY_PICKLE,
            NO_FINGERPRINT,
            EXPLORATION_DRAWS,
            OUTSIDE_PROJECT,
            STRAY_FILE,
            FILE_OF_TWO,
            NOTHING_KEPT,
            NOTHING_COMPARED,
            CONFLICT,
            UNUSABLE_YAML,
            STAGE_TAKEN,
            NO_REPLAY,
            BEHIND,
            STAGE_LEFT,
            DIVERGED,
        )
    }
)

__all__ = [
    "BAD_STEP_NAME",
    "BEHIND",
    "CHANGED_AFTER_READ",
    "CHANGED_OUTSIDE",
    "COMPUTED_PARAMETER",
    "CONFLICT",
    "CYCLE",
    "DIVERGED",
    "EXPLORATION_DRAWS",
    "FAULTS",
    "FILE_OF_TWO",
    "GLOBAL_STATE",
    "HIDDEN_STATE",
    "INSTALL_LEFT_OUT",
    "LATE_MARK",
    "MALFORMED_MARK",
    "MARKED_TWICE",
    "MENDED_IDS",
    "NAME_TAKEN",
    "NETWORK",
    "NOTEBOOK_NAME",
    "NOTHING_COMPARED",
    "NOTHING_KEPT",
    "NOT_PYTHON",
    "NO_FINGERPRINT",
    "NO_REPLAY",
    "NO_STEPS",
    "OLD_FORMAT",
    "ONLY_PICKLE",
    "OTHER_KERNEL",
    "OTHER_LANGUAGE_STEP",
    "OUTSIDE_PROJECT",
    "SECRET",
    "STAGE_LEFT",
    "STAGE_TAKEN",
    "STRAY_FILE",
    "TEST_OF_UNKNOWN_STEP",
    "UNCARRIED_MAGIC",
    "UNCLEAR_CALL",
    "UNDEFINED_NAME",
    "UNMADE_DECLARED",
    "UNMADE_NAME",
    "UNSEEDED",
    "UNSTORABLE",
    "UNUSABLE_YAML",
    "ExampleCell",
    "Fault",
    "example_cells",
]
