"""What came over a kernel's websocket, message by message."""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from itertools import pairwise
from typing import Any


@dataclass(frozen=True)
class Message:
    """One message from the kernel: its kind, its content, and its bytes on the wire."""

    kind: str
    channel: str
    content: dict[str, Any]
    size: int
    buffers: tuple[int, ...]

    @property
    def state(self) -> dict[str, Any]:
        """The traits that it opens or updates a widget with."""
        data = self.content.get("data", {})
        found = data.get("state", {}) if isinstance(data, dict) else {}
        return dict(found)

    @property
    def custom(self) -> dict[str, Any]:
        """What the widget said, where it is a custom message."""
        data = self.content.get("data", {})
        return dict(data.get("content", {})) if data.get("method") == "custom" else {}


def decode(frame: bytes) -> Message:
    """A frame of the protocol v1.kernel.websocket.jupyter.org, or of the older text one."""
    if frame[:1] == b"{":
        told = json.loads(frame)
        kind = told["header"]["msg_type"]
        return Message(kind, told["channel"], told["content"], len(frame), ())
    count = struct.unpack_from("<Q", frame)[0]
    offsets = struct.unpack_from(f"<{count}Q", frame, 8)
    parts = [frame[a:b] for a, b in pairwise(offsets)]
    channel, header, _, _, content = parts[:5]
    return Message(
        json.loads(header)["msg_type"],
        channel.decode(),
        json.loads(content),
        len(frame),
        tuple(len(part) for part in parts[5:]),
    )


def total(messages: list[Message]) -> int:
    return sum(message.size for message in messages)


def json_size(value: Any) -> int:
    return len(json.dumps(value, separators=(",", ":")).encode())
