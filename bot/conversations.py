"""Where conversations live: in memory for a short while, or in Redis with expiry when there are more processes.

A conversation holds what was recognised and shown, never what was typed: the assistant hands Rasa the parse result
without its text (`bot.assistant`). Each save keeps the slots and the last turn only, so that the thousandth
message costs what the first one did.
"""
from __future__ import annotations

import time
from collections import OrderedDict
from typing import Any, Iterable, Optional

from rasa.core.tracker_store import RedisTrackerStore, SerializedTrackerAsText, TrackerStore
from rasa.shared.core.events import ActionExecuted, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker


class TooManyConversations(Exception):
    """The memory for conversations is full; somebody must wait."""


def compact(tracker: DialogueStateTracker) -> DialogueStateTracker:
    """`tracker` with its slots and its last turn, nothing older and nothing that was shown.

    RulePolicy slows with the length of a conversation (11 ms at turn 1, 279 ms at turn 200) and our rules look at
    one turn only. The number of turns is kept in the slot `turns`.
    """
    events = list(tracker.events)
    last = next((i for i in range(len(events) - 1, -1, -1) if isinstance(events[i], UserUttered)), len(events))
    slots = [SlotSet(name, slot.value) for name, slot in tracker.slots.items() if slot.value is not None]
    kept = [e for e in events[last:] if isinstance(e, (UserUttered, ActionExecuted))]
    start = [ActionExecuted("action_session_start"), *slots, ActionExecuted("action_listen")]
    return DialogueStateTracker.from_events(tracker.sender_id, start + kept, tracker.slots.values())


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
        self._held: OrderedDict[str, tuple[float, str]] = OrderedDict()
        super().__init__(domain, event_broker, **kwargs)

    def expire(self) -> int:
        """Drops what is over its time; returns how many conversations are left."""
        now = self._clock()
        while self._held and next(iter(self._held.values()))[0] + self._seconds <= now:
            self._held.popitem(last=False)
        return len(self._held)

    async def save(self, tracker: DialogueStateTracker) -> None:
        if self.expire() >= self._limit and tracker.sender_id not in self._held:
            raise TooManyConversations
        self._held[tracker.sender_id] = (self._clock(), self.serialise_tracker(compact(tracker)))
        self._held.move_to_end(tracker.sender_id)

    async def retrieve(self, sender_id: str) -> Optional[DialogueStateTracker]:
        self.expire()
        held = self._held.get(sender_id)
        return self.deserialise_tracker(sender_id, held[1]) if held else None

    async def delete(self, sender_id: str) -> None:
        self._held.pop(sender_id, None)

    async def keys(self) -> Iterable[str]:
        self.expire()
        return list(self._held)


class RedisConversations(RedisTrackerStore):
    """Conversations in Redis, shared by several processes; Redis itself forgets them."""

    async def save(self, tracker: DialogueStateTracker, timeout: Optional[float] = None) -> None:
        # Rasa's own save merges with what is stored, which would undo the compaction.
        key = self.key_prefix + tracker.sender_id
        serialised = self.serialise_tracker(compact(tracker))
        self.red.set(key, serialised, ex=int(timeout or self.record_exp or 1800))

    async def delete(self, sender_id: str) -> None:
        self.red.delete(self.key_prefix + sender_id)
