import pytest
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from bot.conversations import MemoryConversations, TooManyConversations, compact

DOMAIN = Domain.load("domain.yml")


def tracker(sender: str = "a", turns: int = 1) -> DialogueStateTracker:
    events = [ActionExecuted("action_session_start"), ActionExecuted("action_listen"), SlotSet("audience", "kind")]
    for _ in range(turns):
        events += [UserUttered("", {"name": "wonen_dakloos", "confidence": 1.0}), ActionExecuted("action_answer"),
                   SlotSet("topic", "wonen_dakloos"), ActionExecuted("action_listen")]
    return DialogueStateTracker.from_events(sender, events, DOMAIN.slots)


def test_a_long_conversation_is_kept_as_short_as_one_turn():
    one, many = compact(tracker(turns=1)), compact(tracker(turns=150))
    assert len(many.events) == len(one.events)
    assert many.get_slot("audience") == "kind" and many.get_slot("topic") == "wonen_dakloos"


async def test_conversations_expire_after_their_last_message():
    now = [0.0]
    store = MemoryConversations(DOMAIN, seconds=100, clock=lambda: now[0])
    await store.save(tracker("a"))
    now[0] = 90
    await store.save(tracker("a"))
    now[0] = 180
    assert await store.retrieve("a") is not None
    now[0] = 191
    assert await store.retrieve("a") is None
    assert list(await store.keys()) == []


async def test_memory_is_bounded_and_known_conversations_go_on():
    store = MemoryConversations(DOMAIN, seconds=100, limit=2)
    await store.save(tracker("a"))
    await store.save(tracker("b"))
    with pytest.raises(TooManyConversations):
        await store.save(tracker("c"))
    await store.save(tracker("a"))
    await store.delete("b")
    await store.save(tracker("c"))


async def test_deleting_is_at_once_and_twice_is_no_error():
    store = MemoryConversations(DOMAIN)
    await store.save(tracker("a"))
    await store.delete("a")
    await store.delete("a")
    assert await store.retrieve("a") is None
