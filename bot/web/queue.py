"""One thread does the model's work, so that health, help and pages answer at once however busy it is.

A turn is about 11 ms of pure Python: in the server's event loop it would hold up everything else. Here it waits its
turn in a bounded queue. Somebody in danger goes first; when the queue is full, others are asked to wait, never hung.

    working = WorkingAssistant(Assistant())
    turn = await working.reply(token, text="…")   # raises Busy when it is too busy
"""
from __future__ import annotations

import asyncio
import heapq
import itertools
import logging
import threading
import time
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass, field
from typing import Any, Awaitable, Callable, TypeVar

from bot.nlu.crisis_rules import crisis_rules
from bot.nlu.dutch_text import dutch
from bot.nlu.normalise import written_dutch

logger = logging.getLogger(__name__)
T = TypeVar("T")

FIRST, NEXT = 0, 1
# Seconds after which whoever waits is told that it is busy. A browser gives up after 20.
PATIENCE = 8.0
# So many jobs may be under way at once: one computes, the others wait for another process's lock.
MOST_RUNNING = 4


class Busy(Exception):
    """There is more to do than this process can; try again in a moment."""


def in_danger(text: str) -> bool:
    """Whether the cheap rules see danger, or may see it, in `text`: about half a millisecond, no model."""
    try:
        finding = crisis_rules().find(dutch()(written_dutch(text)))
    except Exception:  # noqa: BLE001 - what cannot be judged is treated with care
        return True
    return bool(finding.level or finding.sos)


@dataclass(order=True)
class _Job:
    priority: int
    number: int
    make: Callable[[], Awaitable[Any]] = field(compare=False)
    answer: Future = field(compare=False)
    since: float = field(compare=False)


class Worker:
    """A thread with an event loop of its own, and the queue before it.

    Args:
        most_waiting: how many jobs may wait; four times as many when they are urgent.
        patience: seconds after which a job that still waits is given up.
    """

    def __init__(self, most_waiting: int = 100, patience: float = PATIENCE):
        self._most_waiting, self._patience = most_waiting, patience
        self._heap: list[_Job] = []
        self._guard = threading.Lock()
        self._numbers = itertools.count()
        self._running = 0
        self._stopped = False
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="model", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """How many jobs wait now."""
        return len(self._heap)

    @property
    def working(self) -> bool:
        """Whether something is under way or waits."""
        return bool(self._heap or self._running)

    async def run(self, make: Callable[[], Awaitable[T]], urgent: bool = False) -> T:
        """Runs `make()` in the thread and gives what it gives.

        Raises:
            Busy: the queue is full, or the answer did not come within the patience.
        """
        job = _Job(FIRST if urgent else NEXT, next(self._numbers), make, Future(), time.monotonic())
        with self._guard:
            if self._stopped or len(self._heap) >= self._most_waiting * (4 if urgent else 1):
                raise Busy
            heapq.heappush(self._heap, job)
        self._loop.call_soon_threadsafe(self._begin)
        try:
            # Twice the patience: what began in time may be finished.
            return await asyncio.wait_for(asyncio.wrap_future(job.answer), 2 * self._patience)
        except (TimeoutError, FutureTimeout):
            raise Busy from None

    def _begin(self) -> None:
        """In the thread: begins the first job in the queue, if it may."""
        while self._running < MOST_RUNNING:
            with self._guard:
                if not self._heap:
                    return
                job = heapq.heappop(self._heap)
            # Whoever asked may be gone: then nothing is done for nobody.
            if not job.answer.set_running_or_notify_cancel():
                continue
            if time.monotonic() - job.since > self._patience:
                job.answer.set_exception(Busy())
                continue
            self._running += 1
            self._loop.create_task(self._do(job))
            # One job a round of the loop: an urgent one that arrives meanwhile goes before the rest.
            if self._heap:
                self._loop.call_soon(self._begin)
            return

    async def _do(self, job: _Job) -> None:
        try:
            job.answer.set_result(await job.make())
        except BaseException as error:  # noqa: BLE001 - it belongs to whoever asked
            job.answer.set_exception(error)
        finally:
            self._running -= 1
            self._begin()

    def stop(self) -> None:
        """Ends the thread; whoever waits is told that it is busy."""
        with self._guard:
            self._stopped = True
            left, self._heap = self._heap, []
        for job in left:
            if job.answer.set_running_or_notify_cancel():
                job.answer.set_exception(Busy())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        if not self._thread.is_alive():
            self._loop.close()


class WorkingAssistant:
    """An assistant whose work is done by a `Worker`. What it does not know itself, it asks the assistant inside."""

    def __init__(self, assistant: Any, most_waiting: int = 100, patience: float = PATIENCE):
        self.inner = assistant
        self.worker = Worker(most_waiting, patience)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    async def start(self, audience: str | None = None) -> tuple[str, list]:
        return await self.worker.run(lambda: self.inner.start(audience))

    async def reply(self, token: str, text: str | None = None, choice: str | None = None) -> Any:
        # Only when somebody must wait does it matter who goes first.
        urgent = bool(text) and self.worker.working and in_danger(text)
        return await self.worker.run(lambda: self.inner.reply(token, text=text, choice=choice), urgent)

    async def forget(self, token: str) -> None:
        # Erasing is never refused: it is cheap, and somebody may stand behind the child.
        await self.worker.run(lambda: self.inner.forget(token), urgent=True)

    async def exists(self, token: str) -> bool:
        return await self.worker.run(lambda: self.inner.store.retrieve(token)) is not None

    async def understand(self, text: str) -> dict[str, Any]:
        return await self.worker.run(lambda: self.inner.understand(text))

    async def ask(self, text: str, audience: str | None = None) -> Any:
        return await self.worker.run(lambda: self.inner.ask(text, audience))

    async def ask_many(self, texts: Any, audience: str | None = None) -> list:
        return [await self.ask(text, audience) for text in texts]

    def stop(self) -> None:
        self.worker.stop()
