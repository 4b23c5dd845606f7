import os

from nbprod.adapters.forkserver import ForkServer
from nbprod.adapters.forkserver.pool import Pool


def pid(server):
    with server.start("builtins:print", channel=False, stdout=os.open(os.devnull, os.O_WRONLY)) as child:
        child.wait(10)
    return server.pid


def test_a_key_has_one_server_and_unused_ones_beyond_the_limit_are_closed():
    pool = Pool(kept=2)
    servers = []

    def use(key):
        with pool.server(key, ForkServer) as server:
            servers.append(server)
            return pid(server)

    assert use("a") == use("a")
    use("b"), use("a"), use("c")
    assert [each.alive for each in servers] == [True, True, False, True, True]  # a, a, b, a, c
    pool.close()
    assert not any(each.alive for each in servers)


def test_what_is_in_use_stays():
    pool = Pool(kept=1)
    with pool.server("a", ForkServer) as first, pool.server("b", ForkServer) as second:
        assert first.alive
        assert second.alive
    pool.close()


def test_an_idle_server_ends_and_begins_again():
    with ForkServer(idle=0.2) as server:
        before = pid(server)
        server._process.wait(10)
        assert not server.alive
        assert pid(server) != before
