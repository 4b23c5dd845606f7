"""Values at the border of a step: fingerprints, formats, facts, comparison, samples."""

from __future__ import annotations

from nbprod.values.compare import first_difference
from nbprod.values.comparing.difference import Difference
from nbprod.values.describe import describe
from nbprod.values.disk import whole, whole_folder, write_whole
from nbprod.values.duplicates import duplicate
from nbprod.values.fingerprint import Fingerprint, fingerprint
from nbprod.values.formats.pickles import holds_code
from nbprod.values.pictures import FIGURES, counted, picture, pictures_differ, pictures_in, save_pictures
from nbprod.values.sampling import sample
from nbprod.values.sharing import groups
from nbprod.values.store import Saved, load, save

__all__ = [
    "FIGURES",
    "Difference",
    "Fingerprint",
    "Saved",
    "counted",
    "describe",
    "duplicate",
    "fingerprint",
    "first_difference",
    "groups",
    "holds_code",
    "load",
    "picture",
    "pictures_differ",
    "pictures_in",
    "sample",
    "save",
    "save_pictures",
    "whole",
    "whole_folder",
    "write_whole",
]
