"""Real processes: what a child finds, how it ends, and that nothing outlives anybody."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from nbprod.adapters.forkserver import ForkServer
from nbprod.errors import NbprodError

TARGETS = """
import os, random, signal, subprocess, sys, time


ready = []


def prepare():
    ready.append(os.getpid())


def wait(connection):
    connection.send((time.monotonic(), os.getpid()))
    connection.recv()
    connection.send(os.environ["WORD"])


def say(connection, *values):
    connection.send(values)


def evaluate(connection, code):
    connection.send(eval(code, {**globals(), "connection": connection}))


def answer(connection, code):
    return code


def die(connection, number):
    os.kill(os.getpid(), number)


def leave(connection, code):
    sys.exit(code)


def fail(connection):
    raise ValueError("no")


def sleep(connection, seconds=60):
    connection.send("asleep")
    time.sleep(seconds)


def deaf(connection):
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sleep(connection)


def parent(connection):
    connection.send(subprocess.Popen(["sleep", "60"]).pid)
    sleep(connection)


def abandon(connection):
    connection.send(subprocess.Popen(["sleep", "60"]).pid)


def shout(connection):
    print("out")
    print("err", file=sys.stderr)
    os.system("echo from below")


def at_exit(connection):
    import atexit
    atexit.register(connection.send, "last words")


def use(connection):
    spent = bytearray(50_000_000)
    while time.process_time() < 0.2:
        pass
"""

ODD = {
    "loud.py": "print('imported')\n",
    "broken.py": "raise RuntimeError('no import')\n",
    "leaving.py": "raise SystemExit(3)\n",
    "deadly.py": "import os\nif os.environ.get('DEADLY'): os._exit(7)\n",
    "slow.py": "import time\ntime.sleep(0.3)\n",
    "handling.py": "import signal\nsignal.signal(signal.SIGTERM, lambda *_: None)\n",
}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("targets")
    for name, text in {"targets.py": TARGETS, **ODD}.items():
        (folder / name).write_text(text)
    return str(folder)


@pytest.fixture(scope="module")
def server(place):
    preload = ("loud", "broken", "leaving", "handling", "no.such", "numpy", "numpy.random", "targets:prepare()")
    with ForkServer(preload, path=(place,)) as server:
        yield server


@pytest.fixture
def nowhere():
    with Path(os.devnull).open("wb") as file:
        yield file.fileno()


def value(server, code, **options):
    with server.start("targets:evaluate", (code,), **options) as child:
        found = child.connection.recv()
        assert child.wait(10) == 0
    return found


def gone(pid, seconds=10):
    """Whether the process ends, or is a zombie that nobody here can reap."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with suppress(FileNotFoundError, ProcessLookupError):
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
            if state not in "ZX":
                time.sleep(0.02)
                continue
        return True
    return False


def test_target_and_caller_talk(server):
    with server.start("targets:say", (1, "two", [3.0])) as child:
        assert child.connection.recv() == (1, "two", [3.0])
        assert child.wait(10) == 0


def test_large_things_pass_both_ways(server):
    with server.start("targets:evaluate", ("connection.recv()[::-1]",)) as child:
        child.connection.send(b"ab" * 10_000_000)
        assert child.connection.recv() == b"ba" * 10_000_000


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("'numpy' in sys.modules", True),
        ("'loud' in sys.modules", True),
        ("'broken' in sys.modules or 'leaving' in sys.modules", False),
        ("sys.argv", [""]),
        ("sys.path[0] == ''", False),
        ("__import__('threading').active_count()", 1),
        ("os.getpgid(0) == os.getpid()", True),
        ("signal.getsignal(signal.SIGINT) is signal.default_int_handler", True),
        ("signal.getsignal(signal.SIGTERM) == signal.SIG_DFL", True),
        ("signal.pthread_sigmask(signal.SIG_BLOCK, [])", set()),
        ("os.read(0, 1)", b""),
    ],
)
def test_what_a_child_begins_with(server, code, expected):
    assert value(server, code) == expected


def test_descriptors_of_others_are_closed(server):
    """Only the three standard ones and the connection; the one that lists them is the fourth."""
    with server.start("targets:sleep") as other:
        other.connection.recv()
        assert value(server, "len(os.listdir('/proc/self/fd'))") <= 5


def test_subprocesses_inherit_nothing(server):
    listing = "subprocess.run('ls /proc/self/fd | wc -l', shell=True, close_fds=False, capture_output=True).stdout"
    assert int(value(server, listing)) <= 4


def test_folder_and_environment_are_those_of_the_call(server, tmp_path, monkeypatch):
    monkeypatch.setenv("NOW", "later")
    monkeypatch.chdir(tmp_path)
    assert value(server, "(os.getcwd(), os.environ['NOW'])") == (str(tmp_path), "later")
    (tmp_path / "other").mkdir()
    found = value(server, "(os.getcwd(), dict(os.environ))", folder=tmp_path / "other", environment={"A": "1"})
    assert found == (str(tmp_path / "other"), {"A": "1"})


def test_random_numbers_differ_between_children(server):
    code = "(random.random(), __import__('numpy').random.rand(), os.urandom(4))"
    drawn = [value(server, code) for _ in range(3)]
    assert all(len(set(each)) == 3 for each in zip(*drawn, strict=True))


@pytest.mark.parametrize(
    ("target", "args", "code"),
    [
        ("targets:answer", (None,), 0),
        ("targets:answer", (3,), 3),
        ("targets:leave", (4,), 4),
        ("targets:leave", (None,), 0),
        ("targets:leave", ("said",), 1),
        ("targets:fail", (), 1),
        ("targets:die", (signal.SIGKILL,), -signal.SIGKILL),
        ("targets:die", (signal.SIGSEGV,), -signal.SIGSEGV),
        ("targets:die", (signal.SIGTERM,), -signal.SIGTERM),
        ("targets:missing", (), 1),
        ("broken:anything", (), 1),
    ],
)
def test_how_a_child_ends(server, nowhere, target, args, code):
    with server.start(target, args, stderr=nowhere) as child:
        assert child.wait(10) == code


def test_streams_are_the_call_s(server, tmp_path):
    with (tmp_path / "out").open("wb") as out, (tmp_path / "err").open("wb") as err:
        child = server.start("targets:shout", stdout=out.fileno(), stderr=err.fileno(), channel=False)
        assert child.wait(10) == 0
        assert child.connection is None
        child.close()
    assert sorted((tmp_path / "out").read_text().split("\n")) == ["", "from below", "out"]
    assert (tmp_path / "err").read_text() == "err\n"


def test_a_stream_that_is_a_pipe_can_be_set_up_anew_though_the_server_s_is_a_file(server):
    read, write = os.pipe()
    with os.fdopen(read, "rb") as pipe:
        assert value(server, "sys.stdout.reconfigure(errors='strict') or print('ä') or sys.stdout.errors", stdout=write)
        os.close(write)
        assert pipe.read().decode() == "ä\n"


def test_a_failure_says_its_traceback(server, tmp_path):
    with (tmp_path / "err").open("wb") as err, server.start("targets:fail", stderr=err.fileno()) as child:
        child.wait(10)
    assert "ValueError: no" in (tmp_path / "err").read_text()


def test_what_is_registered_for_the_end_runs(server):
    with server.start("targets:at_exit") as child:
        assert child.wait(10) == 0
        assert child.connection.recv() == "last words"


def test_interrupt_is_a_keyboard_interrupt(server):
    with server.start("targets:sleep") as child:
        child.connection.recv()
        assert child.wait(0.01) is None
        child.interrupt()
        assert child.wait(10) == -signal.SIGINT


def test_an_interrupt_that_comes_at_once_is_heard(server):
    for _ in range(20):
        with server.start("targets:sleep") as child:
            child.interrupt()
            if child.wait(5) is None:  # Python itself drops one that falls into a callback of its imports
                child.interrupt()
            assert child.wait(10) == -signal.SIGINT


def test_kill_ends_a_deaf_child_and_what_it_started(server):
    with server.start("targets:deaf") as child:
        child.connection.recv()
        child.interrupt()
        assert child.wait(0.1) is None
        child.kill()
        assert child.wait(10) == -signal.SIGKILL
    with server.start("targets:parent") as child:
        grandchild = child.connection.recv()
        child.kill()
    assert gone(grandchild)


def test_what_an_ended_child_left_behind_dies(server):
    with server.start("targets:abandon") as child:
        grandchild = child.connection.recv()
        assert child.wait(10) == 0
    assert gone(grandchild)


def test_a_forgotten_child_dies(server):
    child = server.start("targets:sleep")
    pid = child.pid
    child.connection.recv()
    del child
    assert gone(pid)


def test_signals_to_an_ended_child_are_nothing(server):
    with server.start("targets:answer", (0,)) as child:
        assert child.wait(10) == 0
        child.interrupt()
        child.kill()
        assert child.wait() == 0


def test_usage_is_told(server):
    with server.start("targets:use") as child:
        assert child.usage is None
        assert child.wait(20) == 0
        assert 0.2 <= child.usage.seconds < 10
        assert child.usage.peak > 50_000_000


def test_threads_start_children_at_once(server):
    found = []

    def work(number):
        for each in range(10):
            with server.start("targets:say", (number, each)) as child:
                found.append(child.connection.recv())
                assert child.wait(10) == 0

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [(number, each) for number in range(4) for each in range(10)]


def test_what_all_children_need_is_made_once(server):
    assert value(server, "ready") == [server.pid]


def test_a_child_that_began_ahead_is_the_next_one_like_it(server, tmp_path):
    def began_ahead(word):
        """Whether the child was there before it was asked for."""
        asked = time.monotonic()
        with server.start_ahead("targets:wait", folder=str(tmp_path), environment={"WORD": word}) as child:
            began, _ = child.connection.recv()
            child.connection.send("go")
            assert child.connection.recv() == word
            assert child.wait(10) == 0
        return began < asked

    assert not began_ahead("a")
    _, (_, waiting) = server._ahead[0]
    assert waiting.poll(10), "it says so by itself"
    assert began_ahead("a")
    _, (_, waiting) = server._ahead[0]
    _, unwanted = waiting.recv()
    assert not began_ahead("b"), "another environment"
    assert gone(unwanted)
    _, (_, waiting) = server._ahead[0]
    _, dead = waiting.recv()
    os.kill(dead, signal.SIGKILL)
    assert gone(dead)
    while server._ahead[0][1][0].recv(64, socket.MSG_PEEK)[8:] == b"":
        time.sleep(0.01)
    assert not began_ahead("b"), "it had died"


def test_closing_the_server_ends_its_children(place):
    server = ForkServer(path=(place,))
    child = server.start("targets:parent")
    grandchild = child.connection.recv()
    server.close()
    assert child.wait(10) == -signal.SIGKILL
    assert not server.alive
    assert gone(grandchild)


def test_a_closed_server_starts_nothing(place):
    server = ForkServer(path=(place,))
    server.close()
    with pytest.raises(NbprodError, match="was ended"):
        server.start("targets:answer", (0,))
    assert not server.alive


def test_what_children_started_dies_with_a_killed_server(place):
    with ForkServer(path=(place,)) as server:
        child = server.start("targets:parent")
        grandchild = child.connection.recv()
        os.kill(server.pid, signal.SIGKILL)
        assert child.wait(10) == -signal.SIGKILL
        assert gone(grandchild)


def test_a_killed_server_takes_its_children_along_and_is_started_anew(place):
    with ForkServer(path=(place,)) as server:
        child = server.start("targets:sleep")
        child.connection.recv()
        os.kill(server.pid, signal.SIGKILL)
        assert child.wait(10) == -signal.SIGKILL
        assert gone(child.pid)
        assert value(server, "1 + 1") == 2


def test_a_preload_that_kills_the_server_is_left_out(place, monkeypatch):
    monkeypatch.setenv("DEADLY", "1")
    with ForkServer(("deadly",), path=(place,)) as server:
        assert value(server, "'deadly' in sys.modules") is False


def test_an_early_child_does_not_wait_for_the_rest_of_the_imports(place):
    with ForkServer(("slow",), path=(place,), first=("handling",)) as server:
        early = value(server, "'handling' in sys.modules, 'slow' in sys.modules", early=True)
        late = value(server, "'handling' in sys.modules, 'slow' in sys.modules")
        assert (early, late) == ((True, False), (True, True))


def test_an_early_child_lives_on_where_the_rest_of_the_imports_kills_the_server(place, monkeypatch):
    monkeypatch.setenv("DEADLY", "1")
    with ForkServer(("deadly",), path=(place,), first=("handling",)) as server:
        child = server.start("targets:parent", early=True)
        grandchild = child.connection.recv()
        assert value(server, "'deadly' in sys.modules") is False
        assert value(server, "'handling' in sys.modules", early=True) is True
        assert child.wait(0) is None
    assert child.wait(10) == -signal.SIGKILL
    assert gone(grandchild)


def test_a_server_that_cannot_live_says_so(place, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with ForkServer(path=(place,)) as server, pytest.raises(NbprodError, match="from which notebooks are forked died"):
        server.start("targets:answer", (0,))


PARENT = """
import sys
from nbprod.adapters.forkserver import ForkServer
server = ForkServer(path=({place!r},))
child = server.start("targets:parent")
print(server.pid, child.pid, child.connection.recv(), flush=True)
{extra}
child.wait()
"""


@pytest.mark.slow
@pytest.mark.parametrize("extra", ["", "import os; os.fork() or __import__('time').sleep(30)"], ids=["alone", "copied"])
def test_nothing_outlives_a_killed_parent(place, extra):
    """Even when a copy of the parent holds copies of all its sockets."""
    code = PARENT.format(place=place, extra=extra)
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, start_new_session=True) as parent:
        pids = [int(each) for each in parent.stdout.readline().split()]
        assert len(pids) == 3
        parent.kill()
        parent.wait()
        try:
            assert all(gone(pid) for pid in pids)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(parent.pid, signal.SIGKILL)
