"""Where conversations live: in memory for a short while, or in Redis with expiry when there are more processes.

A conversation holds what was recognised and shown, never what was typed: the assistant hands Rasa the parse result
without its text (`bot.assistant`). Each save keeps the slots and the last turn only, so that the thousandth
message costs what the first one did.
"""
from __future__ import annotations

import asyncio
import logging
import pickle
import time
from collections import OrderedDict
from contextlib import asynccontextmanager, suppress
from typing import Any, AsyncIterator, Iterable, Optional
from urllib.parse import unquote, urlparse

from rasa.core.lock_store import LockError, RedisLockStore
from rasa.core.tracker_store import RedisTrackerStore, SerializedTrackerAsText, TrackerStore
from rasa.shared.core.events import ActionExecuted, Event, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)


# Seconds that a call to Redis may take: a Redis that hangs must not hang a child.
_REDIS_WITHIN = 2.0
# After a failure Redis is left alone for so many seconds; what could not be deleted there is remembered meanwhile.
_REDIS_AGAIN, _MOST_TO_DELETE = 2.0, 5000
# Seconds after which the lock of a process that died is free again, and how long somebody waits for one: longer than
# that, so that whoever was cut off in the middle of a turn gets the answer from another process.
_LOCK_LIVES, _LOCK_WAIT, _LOCK_AGAIN = 4.0, 7.0, 0.02
# A conversation that was not used for so many seconds makes room for a new one when the memory is full.
_IDLE = 300.0


class TooManyConversations(Exception):
    """The memory for conversations is full; somebody must wait."""


def compact(tracker: DialogueStateTracker) -> DialogueStateTracker:
    """`tracker` with its slots and its last turn, nothing older and nothing that was shown.

    RulePolicy slows with the length of a conversation (11 ms at turn 1, 279 ms at turn 200) and our rules look at
    one turn only. The number of turns is kept in the slot `turns`.
    """
    return DialogueStateTracker.from_events(tracker.sender_id, _last_turn(tracker), tracker.slots.values())


def _last_turn(tracker: DialogueStateTracker) -> list[Event]:
    events = list(tracker.events)
    last = next((i for i in range(len(events) - 1, -1, -1) if isinstance(events[i], UserUttered)), len(events))
    slots = [SlotSet(name, slot.value) for name, slot in tracker.slots.items() if slot.value is not None]
    kept = [e for e in events[last:] if isinstance(e, (UserUttered, ActionExecuted))]
    return [ActionExecuted("action_session_start"), *slots, ActionExecuted("action_listen"), *kept]


class MemoryConversations(TrackerStore, SerializedTrackerAsText):
    """Conversations in this process: they expire, and there is an upper bound.

    Args:
        seconds: how long a conversation lives after its last message.
        limit: how many conversations are held at most.
    """

    def __init__(self, domain: Any = None, event_broker: Any = None, seconds: float = 1800, limit: int = 5000,
                 clock: Any = time.monotonic, **kwargs: Any) -> None:
        self._seconds, self._limit, self._clock = seconds, limit, clock
        # Oldest use first, so that expiry only looks at the front.
        # Pickled by this process for itself: Rasa's JSON takes five times as long to read.
        self._held: OrderedDict[str, tuple[float, bytes]] = OrderedDict()
        super().__init__(domain, event_broker, **kwargs)

    def expire(self) -> int:
        """Drops what is over its time; returns how many conversations are left."""
        now = self._clock()
        while self._held and next(iter(self._held.values()))[0] + self._seconds <= now:
            self._held.popitem(last=False)
        return len(self._held)

    async def save(self, tracker: DialogueStateTracker) -> None:
        if self.expire() >= self._limit and tracker.sender_id not in self._held:
            # Somebody who opens thousands of conversations must not keep the others out for half an hour.
            if next(iter(self._held.values()))[0] + _IDLE > self._clock():
                raise TooManyConversations
            self._held.popitem(last=False)
        self._held[tracker.sender_id] = (self._clock(), pickle.dumps(_last_turn(tracker)))
        self._held.move_to_end(tracker.sender_id)

    async def retrieve(self, sender_id: str) -> Optional[DialogueStateTracker]:
        self.expire()
        held = self._held.get(sender_id)
        if held is None:
            return None
        tracker = self.init_tracker(sender_id)
        for event in pickle.loads(held[1]):
            tracker.update(event)
        return tracker

    async def delete(self, sender_id: str) -> None:
        self._held.pop(sender_id, None)

    async def keys(self) -> Iterable[str]:
        self.expire()
        return list(self._held)


def redis_address(url: str) -> dict[str, Any]:
    """What Rasa's Redis stores are given, from `redis://user:password@host:port/number`."""
    parts = urlparse(url)
    return {"host": parts.hostname or "localhost", "port": parts.port or 6379,
            "db": int((parts.path or "/0").strip("/") or 0), "username": parts.username and unquote(parts.username),
            "password": parts.password and unquote(parts.password), "use_ssl": parts.scheme == "rediss"}


class RedisConversations(RedisTrackerStore):
    """Conversations in Redis, shared by several processes; Redis itself forgets them.

    While Redis is away, conversations go on in this process's memory, bounded and short-lived as ever: a message of a
    conversation that this process does not know is then answered as the first of a new one.

    Args:
        limit: how many conversations are held at most while Redis is away.
    """

    def __init__(self, domain: Any = None, limit: int = 5000, **kwargs: Any) -> None:
        self._standby = MemoryConversations(seconds=kwargs.get("record_exp") or 1800, limit=limit)
        self._away_until = 0.0
        self._to_delete: set[str] = set()
        super().__init__(domain, **kwargs)
        self.red.connection_pool.connection_kwargs.update(
            socket_timeout=_REDIS_WITHIN, socket_connect_timeout=_REDIS_WITHIN)

    @property
    def away(self) -> bool:
        """Whether Redis did not answer a moment ago."""
        return time.monotonic() < self._away_until

    def _call(self, name: str, *args: Any, **kwargs: Any) -> Any:
        """A call to Redis, after the deletions that could not be done before.

        Raises:
            RedisError: it does not answer, or did not a moment ago.
        """
        if self.away:
            raise RedisError
        try:
            while self._to_delete:
                self.red.delete(self.key_prefix + next(iter(self._to_delete)))
                self._to_delete.pop()
            return getattr(self.red, name)(*args, **kwargs)
        except RedisError as error:
            logger.error("Redis does not answer: %s", type(error).__name__)
            self._away_until = time.monotonic() + _REDIS_AGAIN
            raise

    def _held(self) -> MemoryConversations:
        self._standby.domain = self.domain
        return self._standby

    async def retrieve(self, sender_id: str) -> Optional[DialogueStateTracker]:
        try:
            stored = self._call("get", self.key_prefix + sender_id)
        except RedisError:
            return await self._held().retrieve(sender_id) or await self._held().create_tracker(sender_id)
        if stored is not None:
            return self.deserialise_tracker(sender_id, stored)
        # It may have begun while Redis was away.
        return await self._held().retrieve(sender_id)

    async def save(self, tracker: DialogueStateTracker, timeout: Optional[float] = None) -> None:
        # Rasa's own save merges with what is stored, which would undo the compaction.
        serialised = self.serialise_tracker(compact(tracker))
        try:
            self._call("set", self.key_prefix + tracker.sender_id, serialised,
                       ex=int(timeout or self.record_exp or 1800))
        except RedisError:
            await self._held().save(tracker)
        else:
            await self._standby.delete(tracker.sender_id)

    async def delete(self, sender_id: str) -> None:
        await self._standby.delete(sender_id)
        try:
            self._call("delete", self.key_prefix + sender_id)
        except RedisError:
            if len(self._to_delete) < _MOST_TO_DELETE:
                self._to_delete.add(sender_id)


class RedisLocks(RedisLockStore):
    """One turn at a time in a conversation, whichever process it reaches.

    Rasa's own lock reads, changes and writes a ticket in three steps, so two processes can draw the same ticket; it
    stays for ever when a process dies, and it goes by this machine's clock. Redis's own lock (redis-py) does not.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._away_until = 0.0
        self.red.connection_pool.connection_kwargs.update(
            socket_timeout=_REDIS_WITHIN, socket_connect_timeout=_REDIS_WITHIN)

    @asynccontextmanager
    async def lock(self, conversation_id: str, lock_lifetime: float = _LOCK_LIVES,
                   wait_time_in_seconds: float = _LOCK_AGAIN) -> AsyncIterator[None]:
        """Holds the conversation's lock.

        Raises:
            LockError: another turn of this conversation takes too long.
        """
        lock = self.red.lock(self.key_prefix + conversation_id, timeout=lock_lifetime)
        held = await self._acquire(lock, wait_time_in_seconds)
        try:
            yield None
        finally:
            if held:
                # Its time may be over, or Redis may have gone: then there is nothing to give back.
                with suppress(RedisError):
                    lock.release()

    async def _acquire(self, lock: Any, again: float) -> bool:
        """Whether the lock is held; while Redis is away nothing is shared and there is nothing to lock."""
        until = time.monotonic() + _LOCK_WAIT
        while time.monotonic() >= self._away_until:
            try:
                if lock.acquire(blocking=False):
                    return True
            except RedisError:
                self._away_until = time.monotonic() + _REDIS_AGAIN
                return False
            if time.monotonic() > until:
                raise LockError("Another turn of this conversation takes too long.")
            await asyncio.sleep(again)
        return False
