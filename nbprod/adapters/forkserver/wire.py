"""What caller and server say to each other, and in which bytes."""

from __future__ import annotations

import fcntl
import os
import pickle
import socket
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

HEADER = struct.Struct("!QB")  # the length of the order, and which descriptors come with it besides the status socket
PID = struct.Struct("!q")  # of the child, or minus the errno of the fork that failed
END = struct.Struct("!qdq")  # exit code, processor seconds, peak of memory in bytes
CHANNEL, OUTPUT, ERROR = 1, 2, 4
FLAGS = (CHANNEL, OUTPUT, ERROR)


@dataclass(frozen=True, slots=True)
class Order:
    """What a child is to run, and where; `args` are pickled, for only the child can read them."""

    target: str
    args: bytes
    folder: str
    environment: dict[str, str]

    def send(self, control: socket.socket, status: int, given: Mapping[int, int]) -> None:
        """Pass the order and the descriptors through the socket."""
        payload = pickle.dumps((self.target, self.args, self.folder, self.environment))
        descriptors = [status, *(given[flag] for flag in FLAGS if flag in given)]
        header = HEADER.pack(len(payload), sum(given))
        socket.send_fds(control, [header], descriptors)
        control.sendall(payload)


@dataclass(frozen=True, slots=True)
class Received:
    """An order as the server gets it: still pickled, with the status socket and the descriptors by their flag."""

    payload: bytes
    status: socket.socket
    given: dict[int, int]

    def order(self) -> Order:
        """The order, unpickled: in the child, whose fault it is if that fails."""
        return Order(*pickle.loads(self.payload))

    def close(self) -> None:
        """The server keeps none of the child's descriptors."""
        for descriptor in self.given.values():
            os.close(descriptor)


def receive(control: socket.socket) -> Received | None:
    """The next order; None when the caller has hung up."""
    header, descriptors, _, _ = socket.recv_fds(control, HEADER.size, 1 + len(FLAGS))
    for descriptor in descriptors:
        close_on_exec(descriptor)
    if not header:
        return None
    header += read_exactly(control, HEADER.size - len(header))
    length, flags = HEADER.unpack(header)
    given = dict(zip((flag for flag in FLAGS if flags & flag), descriptors[1:], strict=True))
    return Received(read_exactly(control, length), socket.socket(fileno=descriptors[0]), given)


def read_exactly(source: socket.socket, size: int) -> bytes:
    """So many bytes.

    Raises:
        EOFError: the other side hung up before.
    """
    parts = []
    while size:
        part = source.recv(min(size, 1 << 20))
        if not part:
            raise EOFError
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def read_pid(status: socket.socket) -> int:
    """The child's process.

    Raises:
        OSError: it could not be forked.
    """
    (pid,) = PID.unpack(read_exactly(status, PID.size))
    if pid < 0:
        raise OSError(-pid, os.strerror(-pid))
    return int(pid)


def close_on_exec(descriptor: int) -> None:
    """What a child starts must not inherit it; only descriptors that Python opened are so by themselves."""
    fcntl.fcntl(descriptor, fcntl.F_SETFD, fcntl.fcntl(descriptor, fcntl.F_GETFD) | fcntl.FD_CLOEXEC)
