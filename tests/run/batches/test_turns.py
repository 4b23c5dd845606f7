"""Who may compute: never more at once than was asked for, whoever waits lets others begin while there is room."""

from __future__ import annotations

import threading
import time

import pytest

from nbprod.run.batches import turns
from nbprod.run.batches.turns import MOST, Turns, half_of_memory_is_free

PATIENCE = 10


def begun(given, count):
    """Turns of that many runs, each of which waits for another's work as soon as it has begun."""
    made = [given.begin() for _ in range(count)]
    for each in made:
        each.give()
    return made


def blocked(call):
    """The thread in which the call waits."""
    thread = threading.Thread(target=call, daemon=True)
    thread.start()
    thread.join(0.05)
    assert thread.is_alive()
    return thread


def ended(thread):
    thread.join(PATIENCE)
    return not thread.is_alive()


def test_no_more_compute_than_was_asked_for():
    given = Turns(2, lambda: True)
    first, _ = given.begin(), given.begin()
    third = blocked(given.begin)
    first.give()
    assert ended(third)


@pytest.mark.parametrize(("room", "most"), [(True, MOST), (False, 1)])
def test_who_waits_lets_others_begin_while_there_is_room(room, most):
    given = Turns(1, lambda: room)
    assert len([given.begin().give() for _ in range(most)]) == most
    blocked(given.begin)


def test_who_has_waited_comes_before_who_has_not_begun():
    given = Turns(1, lambda: True)
    waiting = given.begin()
    waiting.give()
    computing = given.begin()
    order = []
    threads = [
        blocked(lambda: (waiting.take(), order.append("waited"))),
        blocked(lambda: (given.begin(), order.append("new"))),
    ]
    with computing:
        pass
    assert ended(threads[0])
    with waiting:
        pass
    assert ended(threads[1])
    assert order == ["waited", "new"]


def test_where_memory_is_short_one_goes_on_at_a_time(monkeypatch):
    monkeypatch.setattr(turns, "AGAIN", 0.01)
    room = [True]
    given = Turns(2, lambda: room[0])
    first, second, third = (given.begin(), given.begin(), None)
    first.give()
    third = given.begin()
    for each in (second, third):
        each.give()
    room[0] = False
    first.take()
    waiting = blocked(second.take)
    with first:
        pass
    assert ended(waiting)  # two are left: no more than may compute anyway
    third.take()


def test_a_turn_is_given_and_taken_once():
    given = Turns(1, lambda: True)
    with given.begin() as turn:
        turn.take()
        turn.give()
        turn.give()
    again = given.begin()
    blocked(given.begin)
    again.give()


def test_nobody_is_held_up_when_it_is_closed():
    given = Turns(1, lambda: True)
    waiting = given.begin()
    waiting.give()
    computing = given.begin()
    threads = [blocked(waiting.take), blocked(given.begin)]
    given.close()
    assert all(map(ended, threads))
    assert given.begin() is None
    with computing, waiting:
        pass


@pytest.mark.parametrize(
    ("available", "used", "limit", "free"),
    [
        pytest.param(600, None, None, True, id="no container"),
        pytest.param(400, None, None, False, id="little is free"),
        pytest.param(600, 100, "max", True, id="a container without a limit"),
        pytest.param(600, 100, "150", False, id="a container that is nearly full"),
        pytest.param(None, None, None, False, id="nobody tells"),
    ],
)
def test_half_of_memory_is_free(available, used, limit, free, tmp_path, monkeypatch):
    for name, text in (
        ("MEMORY", available and f"MemTotal: 1000 kB\nMemAvailable: {available} kB\n"),
        ("USED", used),
        ("LIMIT", limit),
    ):
        monkeypatch.setattr(turns, name, tmp_path / name)
        if text:
            (tmp_path / name).write_text(str(text))
    assert half_of_memory_is_free() is free


def test_many_runs_end_whatever_they_wait_for():
    given = Turns(3, lambda: time.monotonic_ns() % 2 == 0)
    computing, most, lock = [0], [0], threading.Lock()

    def compute(by):
        with lock:
            computing[0] += by
            most[0] = max(most[0], computing[0])

    def run():
        while turn := given.begin():
            with turn:
                for _ in range(5):
                    compute(1)
                    compute(-1)
                    turn.give()
                    turn.take()
                if (left.pop() if left else None) is None:
                    given.close()

    left = list(range(200))
    threads = [threading.Thread(target=run, daemon=True) for _ in range(12)]
    for each in threads:
        each.start()
    assert all(map(ended, threads))
    assert most[0] <= 3
