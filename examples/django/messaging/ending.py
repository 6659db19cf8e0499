"""Ending in time, though a thread hangs in a database or a network that does not answer."""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import NoReturn


class Executor(ThreadPoolExecutor):
    """Threads whose end nobody waits for: asyncio.run would, without any limit."""

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: ARG002
        """Begin nothing more, and let the threads end when they are done with what they do."""
        super().shutdown(wait=False, cancel_futures=True)


def threads_hang(patience: float) -> bool:
    """Give whether threads that the interpreter's exit would wait for are there still after these seconds."""
    deadline = time.monotonic() + patience
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join(max(deadline - time.monotonic(), 0))
            if thread.is_alive():
                return True
    return False


def leave(exit_code: int) -> NoReturn:
    """End the process at once. What a thread has begun in a database is as if the process was killed."""
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(exit_code)
