"""A store on a real disk: what it brings back, what it does about damage, other processes, and a disk that refuses."""

from __future__ import annotations

import multiprocessing
import os
import random
import resource
import signal
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbprod.adapters import fsspec
from nbprod.cache import Lost, Store, prune, size_of, survey
from nbprod.cache import blobs as blob_files
from nbprod.errors import UsageError

KEY = "ab" * 16
spawned = multiprocessing.get_context("fork")


@pytest.fixture(name="store")
def fixture_store(tmp_path):
    return Store(tmp_path / "cache", 10**9)


def kept(store, key=KEY, content=b"values", **observed):
    return store.keep(key, {"observed": observed, "step": "clean"}, [[content]])


def read(store, entry):
    return store.read(entry, 0, store.mapped(entry)[0])


def only(store, key=KEY):
    (entry,) = store.find(key)
    return entry


@given(st.lists(st.binary(max_size=300), max_size=6))
def test_buffers_come_back_as_they_were(tmp_path_factory, buffers):
    folder = tmp_path_factory.mktemp("blobs")
    blob = blob_files.put(folder, buffers)
    assert [bytes(each) for each in blob_files.looked_through(folder, blob, blob_files.mapped(folder, blob))] == buffers
    assert blob_files.path_of(folder, blob).stat().st_size == blob.size


def test_each_buffer_lies_where_arrays_are_read_fastest(store):
    entry = store.keep(KEY, {}, [[b"a", b"b" * 100, b"c"]])
    whole = read(store, entry)
    starts = [each.obj.find(bytes(each)) for each in whole[1:]]
    assert all(at % 64 == 0 for at in starts)


def test_writing_to_what_was_read_leaves_the_store_as_it_is(store):
    entry = kept(store)
    read(store, entry)[0][:] = b"VALUES"
    assert bytes(read(store, entry)[0]) == b"values"


def test_what_differs_in_what_was_observed_stands_side_by_side(store):
    kept(store, content=b"1", file="a")
    kept(store, content=b"2", file="b")
    kept(store, content=b"3", file="b")
    found = {each.facts["observed"]["file"]: bytes(read(store, each)[0]) for each in store.find(KEY)}
    assert found == {"a": b"1", "b": b"3"}


def test_one_content_is_written_once(store):
    kept(store, KEY)
    kept(store, "cd" * 16)
    assert len([*(store.folder / "blobs").glob("*/*")]) == 1


@pytest.mark.parametrize("damage", ["flip", "cut", "empty", "gone"])
def test_a_damaged_value_is_never_trusted(store, damage):
    entry = kept(store, content=b"values" * 100)
    path = blob_files.path_of(store.folder, entry.blobs[0])
    whole = path.read_bytes()
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes({"flip": whole[:-70] + b"X" + whole[-69:], "cut": whole[:-1], "empty": b""}[damage])
    if damage == "flip":  # of the right size: found when it is read
        with pytest.raises(Lost, match="damaged"):
            read(store, only(store))
    assert list(store.find(KEY)) == []
    assert len(store.notes) == 1
    again = kept(store, content=b"values" * 100)
    assert bytes(read(store, again)[0]) == b"values" * 100


@pytest.mark.parametrize("text", [b"", b"{}", b"\xff" * 40, None])
def test_a_damaged_entry_is_a_miss(store, text):
    entry = kept(store)
    whole = entry.path.read_bytes()
    entry.path.write_bytes(whole.replace(b"clean", b"cleen") if text is None else text)
    assert list(store.find(KEY)) == []
    assert not entry.path.exists()


def test_a_store_that_vanishes_is_a_miss_and_comes_again(store):
    import shutil

    entry = kept(store)
    shutil.rmtree(store.folder)
    assert list(store.find(KEY)) == []
    with pytest.raises(Lost):
        read(store, entry)
    kept(store)
    assert only(store).facts["step"] == "clean"


def test_a_store_that_can_not_be_made_is_given_up_and_said_once(tmp_path):
    (tmp_path / "file").write_text("in the way")
    store = Store(tmp_path / "file" / "cache", 10**9)
    assert kept(store) is None
    assert kept(store) is None
    assert list(store.find(KEY)) == []
    assert store.notes == [f"{store.folder} can't be used as cache: not a directory; nothing is kept"]


def test_a_full_disk_leaves_no_draft(store):
    kept(store)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    old = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, before[1]))
    try:
        assert kept(store, "cd" * 16, os.urandom(5_000)) is None
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, old)
    assert store.broken
    assert "file too large" in store.notes[0]
    assert [each.name for each in (store.folder / "blobs").glob("*/.*")] == []


def keeps_for_ever(folder):
    store = Store(folder, 10**9)
    for count in range(10**9):
        kept(store, KEY, os.urandom(200_000), count=count % 5)


def test_a_process_killed_at_any_moment_leaves_a_whole_store(store):
    for _ in range(8):
        writer = spawned.Process(target=keeps_for_ever, args=(store.folder,))
        writer.start()
        time.sleep(0.02)
        writer.kill()
        writer.join()
        assert all(len(read(store, entry)[0]) == 200_000 for entry in store.find(KEY))
    assert store.notes == []


def works(folder, log):
    store = Store(folder, 10**9)
    lock = store.lock(KEY, wait=True)
    if not list(store.find(KEY)):
        with log.open("a") as stream:
            stream.write("worked\n")
        time.sleep(0.1)
        kept(store)
    lock.release()


def test_of_several_processes_one_does_the_work(tmp_path):
    log = tmp_path / "log"
    workers = [spawned.Process(target=works, args=(tmp_path / "cache", log)) for _ in range(6)]
    for each in workers:
        each.start()
    for each in workers:
        each.join()
    assert log.read_text() == "worked\n"


def holds_for_ever(folder, pipe):
    lock = Store(folder, 10**9).lock(KEY, wait=True)
    pipe.send("held")
    time.sleep(60)
    lock.release()


def test_the_lock_of_a_killed_process_is_free(tmp_path):
    here, there = spawned.Pipe()
    holder = spawned.Process(target=holds_for_ever, args=(tmp_path / "cache", there))
    holder.start()
    here.recv()
    store = Store(tmp_path / "cache", 10**9)
    assert store.lock(KEY, wait=False) is None
    holder.kill()
    assert store.lock(KEY, wait=True) is not None
    holder.join()


def aged(entry, days):
    then = time.time() - days * 86_400
    os.utime(entry.path, (then, then))


def of_earlier_processes(folder, count, size=1_000):
    """A store with entries that are so many days old, and no process that uses it."""
    store = Store(folder, 10**9)
    for days in range(count):
        entry = kept(store, f"{days:032x}", bytes([days]) * size)
        aged(entry, days)
        for path in folder.glob("blobs/*/*"):
            os.utime(path, (0, 0))
    store._lease.release()
    return [path.parent.name for path in sorted(folder.glob("entries/*/*/*.json"))]


def days_left(folder):
    return sorted(int(each.entry.key, 16) for each in survey(folder).kept)


@pytest.mark.parametrize(
    ("options", "left"),
    [
        ({"most": 3_400}, [0, 1, 2]),
        ({"most": 10**6}, [0, 1, 2, 3, 4]),
        ({"unused_for": 2.5 * 86_400}, [0, 1, 2]),
        ({"everything": True}, []),
        ({}, [0, 1, 2, 3, 4]),
    ],
)
def test_what_was_used_longest_ago_goes_first(tmp_path, options, left):
    of_earlier_processes(tmp_path / "cache", 5)
    pruned = prune(tmp_path / "cache", **options)
    assert days_left(tmp_path / "cache") == left
    assert (pruned.entries, pruned.left) == (5 - len(left), len(left))
    assert len([*(tmp_path / "cache" / "blobs").glob("*/*")]) == len(left)


def test_use_makes_an_entry_young(tmp_path):
    of_earlier_processes(tmp_path / "cache", 3)
    store = Store(tmp_path / "cache", 10**9)
    store.used(only(store, f"{2:032x}"))
    store._lease.release()
    prune(store.folder, unused_for=86_000)
    assert days_left(store.folder) == [0, 2]
    assert [each.hits for each in survey(store.folder).kept if each.entry.key == f"{2:032x}"] == [1]


def test_what_a_living_process_uses_stays(tmp_path):
    of_earlier_processes(tmp_path / "cache", 3)
    store = Store(tmp_path / "cache", 10**9)
    entry = only(store, f"{2:032x}")
    store.used(entry)
    pruned = prune(store.folder, everything=True)
    assert (pruned.entries, pruned.in_use) == (2, 1)
    assert bytes(read(store, entry)[0]) == b"\x02" * 1_000


def test_the_store_stays_within_its_limit(tmp_path):
    for count in range(20):
        store = Store(tmp_path / "cache", 10_000)
        kept(store, f"{count:032x}", bytes([count]) * 1_000)
        for path in store.folder.glob("blobs/*/*"):
            os.utime(path, (0, 0))
        store._lease.release()
    assert survey(tmp_path / "cache").size <= 11_000


@pytest.mark.parametrize("text", ["", "GB", "5 apples", "-1GB", "1.GB"])
def test_what_is_no_size_is_said(text):
    with pytest.raises(UsageError, match="is no size"):
        size_of(text)


@pytest.fixture(name="machines")
def fixture_machines(tmp_path):
    """Two folders, as of two machines, with one store behind both."""
    url = f"memory://{tmp_path.name}"
    return [Store(tmp_path / name, 10**9, url) for name in ("one", "other")]


def test_what_one_machine_keeps_another_finds(machines):
    one, other = machines
    kept_far = one.keep(KEY, {"observed": {}}, [[b"values"], [b"more"]], far=True)
    assert [*other.find(KEY)] == []
    (entry,) = other.find(KEY, far=True)
    assert entry.blobs == kept_far.blobs
    assert read(other, entry)[0] == b"values"
    assert [*other.find(KEY)] == [entry], "it is here now"
    kept(one, "cd" * 16)
    assert [*other.find("cd" * 16, far=True)] == [], "what was not to be found stays here"


def test_a_blob_that_is_damaged_beyond_is_taken_away_and_put_anew(machines):
    one, other = machines
    blob = one.keep(KEY, {"observed": {}}, [[b"values"]], far=True).blobs[0]
    fs, place = fsspec.filesystem(f"{one.beyond.url}/blobs/{blob.digest[:2]}/{blob.digest}")
    fs.pipe_file(place, b"x" * blob.size)
    assert [*other.find(KEY, far=True)] == []
    assert not fs.exists(place)
    kept_again = other.keep(KEY, {"observed": {}}, [[b"values"]], far=True)
    assert fs.cat_file(place)[: len(blob_files.MAGIC)] == blob_files.MAGIC
    assert kept_again.blobs == (blob,)


def test_a_blob_that_is_gone_here_comes_from_beyond(machines):
    one, _ = machines
    entry = one.keep(KEY, {"observed": {}}, [[b"values"]], far=True)
    blob_files.path_of(one.folder, entry.blobs[0]).unlink()
    assert read(one, only(one))[0] == b"values"
    assert one.notes == []


def test_a_storage_that_cannot_be_used_is_given_up_and_said_once(tmp_path):
    store = Store(tmp_path, 10**9, "nowhere://bucket/cache")
    assert [*store.find(KEY, far=True)] == []
    assert store.keep(KEY, {"observed": {}}, [[b"values"]], far=True) is not None
    assert read(store, only(store))[0] == b"values"
    (note,) = store.notes
    assert (
        note == "the cache is this machine's alone: nowhere://bucket/cache can't be used: Protocol not known: nowhere"
    )


def test_the_network_moves_no_random_numbers(machines, monkeypatch):
    one, _ = machines
    fs, _ = fsspec.filesystem(one.beyond.url)
    monkeypatch.setattr(fs, "pipe_file", lambda *_: random.random())
    random.seed(1)
    expected = random.random()
    random.seed(1)
    one.keep(KEY, {"observed": {}}, [[b"values"]], far=True)
    assert random.random() == expected
