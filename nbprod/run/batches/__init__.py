"""Batches: one notebook, many values.

`words`, `tables` and `asked` make a `spec` of what a person asks for, `runs` names its combinations, `resume` finds
what is complete, and `plan` holds all that is decided before the first run. An `executor` performs the runs
(`performing`, with `keeping` in the process of the notebook), `endings` remembers how each ended, and the `index` is
the table of all.
"""
