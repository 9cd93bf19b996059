"""Starts a worker process: its socket, its shared page, its pipes, its first frame."""

from __future__ import annotations

import asyncio
import mmap
import os
import socket
import tempfile
import time
from pathlib import Path

from modelport import process
from modelport.manifest import Manifest
from modelport.server import cgroup
from modelport.server.link import Link
from modelport.server.logs import LinePump, LogSink
from modelport.server.worker_process import Worker, WorkerOwner
from modelport.worker import wire


def launch(name: str, manifest: Manifest, owner: WorkerOwner, sink: LogSink, environ: dict[str, str]) -> Worker:
    """Start one worker process and say hello to it. Raises `UserError` where the interpreter cannot be started."""
    loop = asyncio.get_running_loop()
    threads = manifest.limits.max_concurrent_requests
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    memory, slots_fd = _shared_page(wire.page_bytes(threads))
    outputs = [os.pipe(), os.pipe()]
    try:
        child = process.spawn(
            [manifest.program.python, worker_main(), str(theirs.fileno()), str(slots_fd)],
            environ=environ,
            directory=Path(manifest.program.app_directory),
            stdout=outputs[0][1],
            stderr=outputs[1][1],
            pass_fds=(theirs.fileno(), slots_fd),
            die_with_parent=True,
        )
    except BaseException:
        ours.close()
        for read_end, _ in outputs:
            os.close(read_end)
        raise
    finally:
        theirs.close()
        os.close(slots_fd)
        for _, write_end in outputs:
            os.close(write_end)
    child.stdout, child.stderr = (os.fdopen(read_end, "rb", buffering=0) for read_end, _ in outputs)
    worker = Worker(name, manifest, owner, loop, child, wire.Slots(memory, threads), time.monotonic())
    worker.kills_before = cgroup.memory_facts().kills
    worker.link = Link(ours, worker.take, worker.socket_closed, worker.sent_rubbish, worker.holds)
    worker.watch_exit()
    _attach(worker, sink)
    hello = {
        "version": wire.VERSION,
        "script": str(Path(manifest.program.app_directory) / manifest.program.entry_script),
        "app_root": manifest.program.app_directory,
        "threads": threads,
        "slots_bytes": wire.page_bytes(threads),
    }
    worker.link.send(wire.pack_json(wire.HELLO, 0, hello))
    return worker


def _attach(worker: Worker, sink: LogSink) -> None:
    for name, stream in (("stdout", worker.child.stdout), ("stderr", worker.child.stderr)):
        pump = LinePump(sink, worker.name, name, worker.running_request_id)
        worker.pumps.append(pump)
        if stream is not None:
            os.set_blocking(stream.fileno(), False)
            worker.loop.add_reader(stream.fileno(), _pump, worker, pump, stream.fileno())


def _pump(worker: Worker, pump: LinePump, descriptor: int) -> None:
    try:
        data = os.read(descriptor, 64 * 1024)
    except BlockingIOError:
        return
    if data:
        pump.feed(data)
    else:
        worker.loop.remove_reader(descriptor)


def _shared_page(size: int) -> tuple[mmap.mmap, int]:
    """A page of anonymous memory that a child can map: (our map, its descriptor, to be passed and closed)."""
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("modelport-slots")
    else:
        with tempfile.TemporaryFile() as file:
            descriptor = os.dup(file.fileno())
    os.ftruncate(descriptor, size)
    return mmap.mmap(descriptor, size), descriptor


def worker_main() -> str:
    """The absolute path of the file that starts a worker."""
    return str(Path(wire.__file__).with_name("__main__.py"))
