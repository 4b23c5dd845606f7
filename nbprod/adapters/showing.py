"""What a cell of a live shell displays, noted while it is displayed, and displayed again."""

from __future__ import annotations

import sys
from typing import Any

MOST = 5_000_000  # characters that are noted; a cell that displays more is not to be replayed


class Showing:
    """Notes what is displayed between `begin` and `end`, as nbformat's outputs; it is displayed all the same."""

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._outputs: list[dict[str, Any]] = []
        self._streams: dict[str, tuple[Any, Any]] = {}

    def begin(self) -> None:
        """Start to note."""
        self._outputs = []
        self._publish, self._write = self._shell.display_pub.publish, self._shell.displayhook.write_format_data
        self._shell.display_pub.publish = self._publishes
        self._shell.displayhook.write_format_data = self._writes
        for name in ("stdout", "stderr"):
            original = getattr(sys, name)
            self._streams[name] = (original, _Stream(original, name, self._outputs))
            setattr(sys, name, self._streams[name][1])

    def end(self) -> list[dict[str, Any]] | None:
        """Stop; what was displayed, None if that is more than is to be kept, or can't be told."""
        if not self._streams:
            return None
        is_known = True
        for name, (original, noting) in self._streams.items():
            is_known = is_known and getattr(sys, name) is noting
            if getattr(sys, name) is noting:
                setattr(sys, name, original)
        self._streams = {}
        for owner, name in ((self._shell.display_pub, "publish"), (self._shell.displayhook, "write_format_data")):
            vars(owner).pop(name, None)
        size = sum(len(str(each.get("text") or each.get("data"))) for each in self._outputs)
        return self._outputs if is_known and size <= MOST else None

    def again(self, outputs: list[dict[str, Any]]) -> None:
        """Display what was displayed."""
        for each in outputs:
            if each["output_type"] == "stream":
                stream = getattr(sys, each["name"])
                stream.write(each["text"])
                stream.flush()
            else:
                self._shell.display_pub.publish(data=each["data"], metadata=each["metadata"])

    def _publishes(self, data: Any, metadata: Any = None, *arguments: Any, **named: Any) -> Any:
        if named.get("update") or (named.get("transient") or {}).get("display_id"):
            self._outputs.append({"output_type": "display_data", "data": {"application/vnd.jupyter.widget": ""}})
        else:
            self._outputs.append({"output_type": "display_data", "data": dict(data), "metadata": dict(metadata or {})})
        return self._publish(data, metadata, *arguments, **named)

    def _writes(self, data: Any, metadata: Any = None) -> Any:
        self._outputs.append({"output_type": "display_data", "data": dict(data), "metadata": dict(metadata or {})})
        return self._write(data, metadata)


class _Stream:
    """A stream that also notes what is written to it."""

    def __init__(self, original: Any, name: str, outputs: list[dict[str, Any]]) -> None:
        self._original, self._name, self._outputs = original, name, outputs

    def write(self, text: str) -> Any:
        """Write and note."""
        last = self._outputs[-1] if self._outputs else {}
        if last.get("name") == self._name and len(last["text"]) <= MOST:
            last["text"] += text
        else:
            self._outputs.append({"output_type": "stream", "name": self._name, "text": text})
        return self._original.write(text)

    def writelines(self, lines: Any) -> None:
        """Write and note."""
        for each in lines:
            self.write(each)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._original, name)
