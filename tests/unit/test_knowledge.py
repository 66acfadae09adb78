from bot.knowledge.library import EMERGENCY_CONTACTS
from bot.knowledge.messages import Messages
from bot.knowledge.rendering import as_text


def test_an_answer_has_the_documented_shape(knowledge):
    message = Messages(knowledge, "kind").answer("wonen_dakloos", 0.7, also=["wonen_huisuitzetting"], ask_audience=True)
    assert message["type"] == "answer" and message["audience"] == "kind" and message["confidence"] == 0.7
    assert message["articles"][0]["ref"] == "IVRK 27" and message["articles"][0]["url"].startswith("https://")
    assert message["contacts"] and message["steps"] and message["law"]
    ids = [choice["id"] for choice in message["choices"]]
    assert ids[0] == "wonen_huisuitzetting" and {"gesprek_kind", "gesprek_ouder", "gesprek_bellen"} <= set(ids)


def test_a_crisis_gives_help_before_any_text(knowledge):
    for audience in ("kind", "ouder"):
        message = Messages(knowledge, audience).answer("crisis_suicide")
        keys = list(message)
        assert message["type"] == "crisis" and message["urgency"] == "emergency"
        assert keys.index("contacts") < keys.index("text")
        assert as_text(message).index("113") < as_text(message).index("IVRK")


def test_a_switched_off_contact_is_replaced_everywhere_and_help_never_ends(knowledge):
    for switched_off in knowledge.contacts:
        reduced = knowledge.without_contacts([switched_off])
        for topic in reduced.topics.values():
            for audience in ("kind", "ouder"):
                shown = [c.id for c in reduced.contacts_for(topic.contacts.of(audience), audience)]
                assert shown and switched_off not in shown, (switched_off, topic.topic, audience)


def test_even_without_the_emergency_contacts_there_is_a_number(knowledge):
    reduced = knowledge.without_contacts(set(knowledge.contacts) - {"alarmnummer"})
    assert [c.id for c in reduced.contacts_for(["school"], "kind")] == ["alarmnummer"]
    nothing = knowledge.without_contacts(knowledge.contacts)
    assert [c.id for c in nothing.contacts_for(["school"], "kind")] == ["alarmnummer"]


def test_contacts_fit_the_reader(knowledge):
    kind = knowledge.contacts_for(EMERGENCY_CONTACTS, "kind")
    ouder = knowledge.contacts_for(EMERGENCY_CONTACTS, "ouder")
    assert "kindertelefoon" in [c.id for c in kind]
    assert all("ouder" in c.for_whom for c in ouder)
    assert "kindertelefoon" not in [c.id for c in knowledge.contacts_for(["kindertelefoon"], "kind", age=6)]


def test_articles_are_found_however_they_are_named(knowledge):
    for name in ("12", "IVRK 12", "artikel 12", "art. 12", " 12 "):
        assert knowledge.article(name).ref == "IVRK 12"
    assert knowledge.article("OPSC").ref == "IVRK OPSC"
    assert knowledge.article("99") is None


def test_parts_of_an_answer(knowledge):
    messages = Messages(knowledge, "ouder")
    texts = knowledge.topics["geweld_thuis"].ouder
    assert messages.part("geweld_thuis", "gesprek_makkelijker")["text"] == texts.simple
    assert messages.part("geweld_thuis", "gesprek_meer")["text"] == texts.more
    assert messages.part("geweld_thuis", "gesprek_artikel")["articles"]
    assert messages.part("geweld_thuis", "gesprek_stappen")["steps"] == list(texts.steps)
    # Where a child may be unsafe, help stays with every part.
    for part in ("gesprek_makkelijker", "gesprek_meer", "gesprek_artikel", "gesprek_stappen", "gesprek_bellen"):
        assert messages.part("geweld_thuis", part)["contacts"]
