"""Clients, run as a process: a job on each line of the input, what was seen on each of the output.

Plain sockets and a few lines of HTTP, so that a client costs less than what it measures.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import Any


async def crowd(job: dict[str, Any]) -> dict[str, Any]:
    """Each client asks again as soon as it is answered, until all requests are made."""
    left, seen = iter(range(job["requests"])), [(0.0, 0, "")] * job["requests"]
    asked = [_request(job, body) for body in job["bodies"]]
    begun = time.perf_counter()
    await asyncio.gather(*(_client(job, asked, left, seen) for _ in range(job["clients"])))
    took = time.perf_counter() - begun
    kept = [text for _, _, text in seen] if job.get("keep") else []
    return {
        "times": [ms for ms, _, _ in seen],
        "statuses": [status for _, status, _ in seen],
        "answers": kept,
        "seconds": took,
    }


def _request(job: dict[str, Any], body: str) -> bytes:
    head = (
        f"POST /predict HTTP/1.1\r\nHost: {job['host']}:{job['port']}\r\n"
        f"Authorization: Bearer {job['token']}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body.encode())}\r\n\r\n"
    )
    return (head + body).encode()


async def _client(job: dict[str, Any], asked: list[bytes], left: Any, seen: list[Any]) -> None:
    try:
        reader, writer = await asyncio.open_connection(job["host"], job["port"])
    except OSError:
        return  # nobody is there: status 0
    try:
        for k in left:
            begun = time.perf_counter()
            writer.write(asked[k % len(asked)])
            status, text = await _answer(reader)
            seen[k] = (1e3 * (time.perf_counter() - begun), status, text)
    except (OSError, EOFError, ValueError):
        return
    finally:
        writer.close()


async def _answer(reader: asyncio.StreamReader) -> tuple[int, str]:
    head = await reader.readuntil(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    length = next(int(x[15:]) for x in lines if x.lower().startswith("content-length:"))
    return int(lines[0].split()[1]), (await reader.readexactly(length)).decode()


if __name__ == "__main__":
    for line in sys.stdin:
        sys.stdout.write(json.dumps(asyncio.run(crowd(json.loads(line)))) + "\n")
        sys.stdout.flush()
