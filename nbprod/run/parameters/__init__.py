"""Parameters: what may be given for each, from text or from typed data, and the cell that sets them.

`declaring` reads a notebook's parameters with their types, for which `scope` knows the names that stand at a place, and
`annotations` what their code means. `checking` holds values to them, all at once, and `stages` those of params.yaml to
the function of a step: both through `converting`, the one place that says what fits.
"""

from nbprod.run.parameters.checking import from_data, from_text
from nbprod.run.parameters.converting import convert
from nbprod.run.parameters.declaring import Declarations, Declared, declarations
from nbprod.run.parameters.mismatch import Mismatch
from nbprod.run.parameters.stages import arguments, stored
from nbprod.run.parameters.text import Text

__all__ = [
    "Declarations",
    "Declared",
    "Mismatch",
    "Text",
    "arguments",
    "convert",
    "declarations",
    "from_data",
    "from_text",
    "stored",
]
