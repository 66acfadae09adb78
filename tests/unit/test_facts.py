"""Plain facts in a message, read from written Dutch."""
import pytest

from bot.nlu.dutch_text import dutch
from bot.nlu.fact_extractor import facts
from bot.nlu.normalise import written_dutch


def found(text: str) -> dict:
    return {row["entity"]: row["value"] for row in facts(dutch()(written_dutch(text)))}


@pytest.mark.parametrize(("text", "audience"), [
    ("Mijn zoon wil niet naar school", "ouder"), ("mn dochtertje van 6 heeft geen bed", "ouder"),
    ("Mijn vader slaat mij", "kind"), ("me ma leest mn appjes", "kind"), ("ik zit in groep 7 en word gepest", "kind"),
    ("Ik ben de moeder van twee kinderen", "ouder"), ("mijn moeder past op mijn zoon", "ouder"),
    ("mijn ex wil onze kinderen niet teruggeven", "ouder"), ("ik ben 13 en mijn zoontje is bij mij", "kind"),
    ("wat zijn kinderrechten", None), ("mag dat", None),
])
def test_who_is_asking(text, audience):
    assert found(text).get("audience") == audience


@pytest.mark.parametrize(("text", "age"), [
    ("ik ben 12", 12), ("ik ben net 15 geworden", 15), ("ik ben twaalf jaar", 12), ("mijn zoon van 7 slaapt niet", 7),
    ("mijn dochter is 16 jaar oud", 16), ("ik ben 5 jaar in nederland", None), ("ik ben 3 maanden zwanger", None),
    ("we wonen hier al 12 jaar", None), ("het kost 15 euro", None),
])
def test_age(text, age):
    assert found(text).get("leeftijd") == age


@pytest.mark.parametrize(("text", "number"), [
    ("wat staat in artikel 12?", "12"), ("art. 31", "31"), ("artikel nr 7 uitleg", "7"), ("artikel twaalf", "12"),
    ("ik heb een artikel gelezen", None),
])
def test_article(text, number):
    assert found(text).get("artikel") == number


@pytest.mark.parametrize(("text", "when"), [
    ("morgen moeten we eruit", "binnenkort"), ("we hebben vanavond geen eten", "nu"), ("vroeger was het beter", None),
])
def test_when(text, when):
    assert found(text).get("wanneer") == when


@pytest.mark.parametrize(("text", "place"), [
    ("ik woon in almere", "Almere"), ("wij komen uit Den Haag", "Den Haag"), ("ik ga naar school in nederland", None),
])
def test_municipality(text, place):
    assert found(text).get("gemeente") == place
