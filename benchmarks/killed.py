"""Kills `nbprod repro` at random moments, as often as you have time for, and looks whether anything was lost.

python benchmarks/killed.py --count 200 --from 0
"""

from __future__ import annotations

import argparse
import logging
import random
import sys
import tempfile
import time
import traceback
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))
from benchmarks.judge import MEMORY, outside
from tests.repro.judge.killing import reference, tried


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--from", dest="first", type=int, default=0)
    given = parser.parse_args()
    logging.disable(logging.CRITICAL)
    began, hits, failures = time.monotonic(), 0, 0
    with tempfile.TemporaryDirectory(prefix="killed-", dir=MEMORY if MEMORY.is_dir() else None) as folder:
        outside(Path(folder))
        known = reference(Path(folder) / "whole")
        for seed in range(given.first, given.first + given.count):
            try:
                hits += tried(Path(folder) / str(seed), random.Random(seed), known)
            except Exception:  # noqa: BLE001  (all that goes wrong is a finding)
                failures += 1
                print(f"--- {seed}\n{traceback.format_exc()[-3000:]}", flush=True)
            if seed % 10 == 9:
                print(f"{seed + 1 - given.first} tries, {hits} kills, {failures} failed", flush=True)
    print(f"{given.count} tries, {hits} kills at work, {failures} failed, {time.monotonic() - began:.0f} s")
    return min(failures, 1)


if __name__ == "__main__":
    sys.exit(main())
