import re

import pytest

from bot.settings import ROOT, Settings, SettingsError, read_settings


def test_defaults_need_nothing():
    assert read_settings({}) == Settings()


def test_every_setting_is_named_in_the_example_file():
    named = set(re.findall(r"^#? ?(KRW_[A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert named == {f"KRW_{name.upper()}" for name in Settings.__annotations__}


@pytest.mark.parametrize(("environ", "said"), [
    ({"KRW_PORT": "many"}, "KRW_PORT"),
    ({"KRW_PORT": "70000"}, "KRW_PORT"),
    ({"KRW_ENVIRONMENT": "prod"}, "KRW_ENVIRONMENT"),
    ({"KRW_CONVERSATION_MINUTES": "600"}, "KRW_CONVERSATION_MINUTES"),
    ({"KRW_ENVIRONMENT": "production"}, "KRW_SECRET_KEY"),
    ({"KRW_ENVIRONMENT": "production", "KRW_SECRET_KEY": "x" * 40, "KRW_ALLOWED_ORIGINS": "*"}, "KRW_ALLOWED_ORIGINS"),
])
def test_unsafe_values_are_refused_by_name(environ, said):
    with pytest.raises(SettingsError, match=said):
        read_settings(environ)


def test_production_with_a_secret_starts():
    chosen = read_settings({"KRW_ENVIRONMENT": "production", "KRW_SECRET_KEY": "k" * 40,
                            "KRW_ALLOWED_ORIGINS": "https://a.example, https://b.example"})
    assert chosen.production and chosen.allowed_origins == ("https://a.example", "https://b.example")
    assert "k" * 40 not in repr(chosen)
