"""A tiny process that outlives us, and ends what we have started when we die, however that happens."""

from __future__ import annotations

import subprocess
from contextlib import suppress
from typing import Self

# It hears "+ WHO" and "- WHO", a process or minus a group; when nobody can speak to it any more, it kills who is left.
SCRIPT = """
trap '' INT TERM HUP
left=
while read -r sign who; do
  case $sign in
    +) left="$left $who" ;;
    -) rest=; for each in $left; do [ "$each" = "$who" ] || rest="$rest $each"; done; left=$rest ;;
  esac
done
for each in $left; do kill -9 "$each" 2>/dev/null; done
"""


class Guardian:
    """Knows the processes, or groups of them, that run for us."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None

    def watch(self, pid: int, *, group: bool) -> None:
        """Kill that process, or its group, if we die before `forget`."""
        self._say("+", pid, group=group)

    def forget(self, pid: int, *, group: bool) -> None:
        """It has ended."""
        self._say("-", pid, group=group)

    def __enter__(self) -> Self:
        self.process = subprocess.Popen(
            ["/bin/sh", "-c", SCRIPT],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            bufsize=0,
            cwd="/",
        )
        return self

    def __exit__(self, *_: object) -> None:
        if self.process and self.process.stdin:
            with suppress(OSError):
                self.process.stdin.close()
            self.process.wait()

    def _say(self, sign: str, pid: int, *, group: bool) -> None:
        if self.process and self.process.stdin:
            with suppress(OSError):
                self.process.stdin.write(f"{sign} {'-' if group else ''}{pid}\n".encode())
