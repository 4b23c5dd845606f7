"""The child's side: from the fork to its end."""

from __future__ import annotations

import atexit
import contextlib
import importlib
import os
import pickle
import signal
import sys
import threading
import traceback
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, NoReturn

from nbprod.adapters.forkserver.wire import CHANNEL, ERROR, OUTPUT

if TYPE_CHECKING:
    from collections.abc import Callable

    from nbprod.adapters.forkserver.wire import Received

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def run(received: Received, server: int, release: Callable[[], None]) -> NoReturn:
    """Become what was ordered, run it, and end without going back into the server's code."""
    code = 1
    try:
        _stay_with(server)
        release()
        received.status.close()
        _settle(received)
        code = _call(received)
    except KeyboardInterrupt:
        _die_of(signal.SIGINT)
    except SystemExit as end:
        code = _exit_code(end)
    except BaseException:  # noqa: BLE001 - the last one who can say it
        traceback.print_exc()
    finally:
        finish()
        os._exit(code & 0xFF)


def _stay_with(server: int) -> None:
    """Lead a process group of one's own, and die when the server does."""
    with contextlib.suppress(OSError):
        os.setpgid(0, 0)
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != server:
        os._exit(1)


def _settle(received: Received) -> None:
    for flag, place, name in ((OUTPUT, 1, "stdout"), (ERROR, 2, "stderr")):
        if flag in received.given:
            os.dup2(received.given[flag], place)
            os.close(received.given[flag])
            _open_anew(name, place)
    order = received.order()
    os.environ.clear()
    os.environ.update(order.environment)
    os.chdir(order.folder)
    sys.argv[:] = [""]
    _forget_randomness()
    _forget_handlers()


def _open_anew(name: str, place: int) -> None:
    """Python's own stream remembers whether the server's file could be sought in, which a pipe can't be."""
    old = getattr(sys, name)
    new = open(place, "w", encoding=old.encoding, errors=old.errors, closefd=False)  # noqa: SIM115
    setattr(sys, name, new)


def _forget_randomness() -> None:
    """All children would draw the same numbers; Python's own `random` knows of forks, numpy's global state doesn't."""
    numpy_random = sys.modules.get("numpy.random")
    if numpy_random is not None:
        numpy_random.seed()


def _forget_handlers() -> None:
    """Signals do what they do in a fresh Python, whatever the server or a module in it had in mind."""
    for number in signal.valid_signals():
        if callable(signal.getsignal(number)):
            signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])


def _call(received: Received) -> int:
    order = received.order()
    connection = Connection(received.given[CHANNEL]) if CHANNEL in received.given else None
    module, _, name = order.target.partition(":")
    function = getattr(importlib.import_module(module), name)
    code = function(connection, *pickle.loads(order.args))
    return code if isinstance(code, int) else 0


def _exit_code(end: SystemExit) -> int:
    if end.code is None or isinstance(end.code, int):
        return end.code or 0
    print(end.code, file=sys.stderr)  # noqa: T201 - as Python does
    return 1


def _die_of(number: int) -> NoReturn:
    finish()
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
    os._exit(1)


def finish() -> None:
    """Do what Python does at its end, but for taking apart every object, which the system does faster."""
    for last in (threading._shutdown, atexit._run_exitfuncs, sys.stdout.flush, sys.stderr.flush):  # type: ignore[attr-defined]  # noqa: SLF001
        with contextlib.suppress(BaseException):
            last()
