"""spaCy keeps every word it reads; the vocabulary in use is replaced by one with only our own words."""
from __future__ import annotations

from bot.nlu import fact_extractor
from bot.nlu.dutch_text import dutch
from bot.operations import forgetting as module
from bot.operations.forgetting import Forgetting
from bot.web.queue import WorkingAssistant
from bot.web.upkeep import tidy_once

TYPED = "mijn vader slaat mij vergeetdezezin kanariewoordjes"


async def test_words_that_were_typed_are_gone_and_answers_are_the_same(assistant):
    before = [await assistant.ask(text) for text in (TYPED, "ik ben 11 jaar en woon in Zoetermeer", "ik wil dood")]
    now = [0.0]
    memory = Forgetting(clock=lambda: now[0])
    # What is "our own" was taken after a question was asked above: this word was not.
    await assistant.ask("nogeenwoordkanarie")
    assert "nogeenwoordkanarie" in dutch().vocab.strings
    memory.renew(memory.fresh())
    assert "nogeenwoordkanarie" not in dutch().vocab.strings
    after = [await assistant.ask(text) for text in (TYPED, "ik ben 11 jaar en woon in Zoetermeer", "ik wil dood")]
    for one, two in zip(before, after):
        assert one.messages == two.messages and one.parse["entities"] == two.parse["entities"]


async def test_what_the_matchers_keep_never_saw_a_persons_words(assistant):
    matchers = (fact_extractor._matcher, fact_extractor._phrase_matcher)
    for made in matchers:
        made.cache_clear()  # Made again with the vocabulary in use, as when the server starts.
    await assistant.ask("ik woon in Zoetermeer en ik ben 11")
    memory = Forgetting()
    await assistant.ask("eerstewoordkanarie")
    memory.renew(memory.fresh())
    for made in matchers:
        assert "eerstewoordkanarie" not in made().vocab.strings


async def test_it_is_due_after_many_messages_or_half_an_hour(assistant, monkeypatch):
    now = [0.0]
    memory = Forgetting(clock=lambda: now[0])
    now[0] = 5000
    assert not memory.due, "nothing was typed, so there is nothing to forget"
    memory.heard()
    assert memory.due
    memory = Forgetting(clock=lambda: now[0])
    monkeypatch.setattr(module, "EVERY_MESSAGES", 3)
    memory.heard(), memory.heard()
    assert not memory.due
    memory.heard()
    assert memory.due
    working = WorkingAssistant(assistant)
    try:
        await working.ask("tijdelijkekanarie")
        assert "tijdelijkekanarie" in dutch().vocab.strings
        await tidy_once(working, memory)
        assert "tijdelijkekanarie" not in dutch().vocab.strings and not memory.due
        answer = await working.ask("Mijn vader slaat mij. Mag dat?")
        assert "geweld_thuis" in {m.get("topic") for m in answer.messages}
    finally:
        working.stop()
