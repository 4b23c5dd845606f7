"""Parameters: what may be given for each, from text or from typed data, and the cell that sets them.

`declaring` reads a notebook's parameters with their types, for which `scope` knows the names that stand at a place, and
`annotations` what their code means. `checking` holds values to them, all at once, and `stages` those of params.yaml to
the function of a step: both through `converting`, the one place that says what fits. `cell` writes the cell that sets
the values, `papermills` looks at the one that papermill has written.
"""

from nbprod.run.parameters.cell import injected
from nbprod.run.parameters.checking import from_data, from_text
from nbprod.run.parameters.converting import convert
from nbprod.run.parameters.declaring import Declarations, Declared, declarations
from nbprod.run.parameters.mismatch import Mismatch
from nbprod.run.parameters.papermills import Checked, checked_injection
from nbprod.run.parameters.plain import plain, text_of
from nbprod.run.parameters.stages import arguments, stored
from nbprod.run.parameters.text import Text

__all__ = [
    "Checked",
    "Declarations",
    "Declared",
    "Mismatch",
    "Text",
    "arguments",
    "checked_injection",
    "convert",
    "declarations",
    "from_data",
    "from_text",
    "injected",
    "plain",
    "stored",
    "text_of",
]
