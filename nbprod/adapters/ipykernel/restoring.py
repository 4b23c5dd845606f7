"""Cells that need not run: someone is asked before each, and told of what each displayed."""

from __future__ import annotations

import importlib
import sys
import traceback
from typing import TYPE_CHECKING, Any, Protocol

from nbprod.adapters.ipykernel import OURS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from nbprod.adapters.ipykernel.application import Kernel

QUIET = {"status", "execute_input"}  # messages that show nothing
Output = dict[str, Any]
Replayed = tuple[int, list[Output]]


class Restorer(Protocol):
    """Who knows what a cell would do. It lives in the child, and is asked by the cell's index in the notebook."""

    def restore(self, cell: int) -> list[Output] | None:
        """Outputs (as nbformat has them) to replay in place of running the cell; None when it must run.

        It is called before the cell runs, and puts the names that the cell binds into the shell.
        """

    def ran(self, cell: int, outputs: list[Output], *, failed: bool) -> None:
        """The cell has run and displayed this, as nbclient would write it into the notebook."""


def made(kernel: Kernel, factory: str, arguments: Sequence[Any]) -> Restoring:
    """The restorer that `factory` ("module:function") makes of the shell and the arguments, at work in the kernel."""
    module, _, name = factory.partition(":")
    restorer: Restorer = getattr(importlib.import_module(module), name)(kernel.shell, *arguments)
    return Restoring(kernel, restorer)


class Restoring:
    """Stands between the kernel and its cells. Whatever a restorer raises is shown, and the cell then runs."""

    def __init__(self, kernel: Kernel, restorer: Restorer) -> None:
        self.kernel = kernel
        self.restorer = restorer
        self._complaint = ""  # to be shown when the cell's request is here
        self._to_run: int | None = None  # the cell that was asked about, and must run

    def replayed(self, cell: int, code: str) -> Replayed | None:
        """What the cell displayed and the number that it has now; None: it must run, and a request for it will come."""
        outputs = self._restored(cell)
        self._to_run = cell if outputs is None else None
        if outputs is None:
            return None
        number = self._counted(code)
        for output in outputs:
            if output["output_type"] == "execute_result":
                output["execution_count"] = number
        return number, outputs

    async def reply(self, code: str, run: Callable[[], Awaitable[dict[str, Any]]]) -> dict[str, Any]:
        """The reply to the request that the kernel has now."""
        request = self.kernel.get_parent("shell")
        cell = request["metadata"].get(OURS, {}).get("cell")
        if cell is None:
            return await run()
        outputs = self._restored(cell) if cell != self._to_run else None
        self._to_run = None
        if outputs is not None:
            return self._replay(code, outputs)
        return await self._observed(cell, request, run)

    def _restored(self, cell: int) -> list[Output] | None:
        try:
            return self.restorer.restore(cell)
        except Exception:  # noqa: BLE001 - a fault in there must not become a fault of the notebook
            self._complaint = traceback.format_exc()
            return None

    async def _observed(
        self, cell: int, request: dict[str, Any], run: Callable[[], Awaitable[dict[str, Any]]]
    ) -> dict[str, Any]:
        outlet = self.kernel.iopub_thread
        sys.stderr.write(self._complaint)
        self._complaint = ""
        kept: list[list[bytes]] = []
        outlet.kept = kept
        try:
            reply = await run()
        finally:
            outlet.kept = None
        try:
            self.restorer.ran(cell, self._outputs(request, kept), failed=reply["status"] != "ok")
        except Exception:  # noqa: BLE001 - see above
            traceback.print_exc()
        sys.stderr.flush()
        return reply

    def _outputs(self, request: dict[str, Any], kept: list[list[bytes]]) -> list[Output]:
        """What nbclient makes of these messages."""
        messages = [self._read(parts) for parts in kept]
        own = [each for each in messages if each["parent_header"].get("msg_id") == request["header"]["msg_id"]]
        if all(each["msg_type"] in QUIET for each in own):
            return []
        from nbclient import NotebookClient
        from nbformat.v4 import new_code_cell, new_notebook

        node = new_code_cell("")
        client = NotebookClient(new_notebook(cells=[node]), record_timing=False)
        client.clear_before_next_output = False  # which it sets when it runs a cell itself
        for message in own:
            client.process_message(message, node, 0)
        return [dict(each) for each in node.outputs]

    def _read(self, parts: list[bytes]) -> dict[str, Any]:
        session: Any = self.kernel.session
        _, frames = session.feed_identities(parts)
        return session.deserialize(frames)  # type: ignore[no-any-return]

    def _replay(self, code: str, outputs: list[Output]) -> dict[str, Any]:
        shell: Any = self.kernel.shell
        for output in outputs:
            content = {name: value for name, value in output.items() if name != "output_type"}
            if output["output_type"] == "execute_result":
                content["execution_count"] = shell.execution_count
            self._send(output["output_type"], content)
        return {
            "status": "ok",
            "execution_count": self._counted(code),
            "user_expressions": {},
            "payload": [],
            OURS: {"restored": True},
        }

    def _counted(self, code: str) -> int:
        """The cell's number, as if it ran."""
        shell: Any = self.kernel.shell
        shell.history_manager.store_inputs(shell.execution_count, code)
        shell.execution_count += 1
        return int(shell.execution_count) - 1

    def _send(self, kind: str, content: dict[str, Any]) -> None:
        self.kernel.send_response(self.kernel.iopub_socket, kind, content)
