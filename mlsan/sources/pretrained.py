"""An encoder by its name: from a folder, the installed package, or the Hugging Face hub."""

from __future__ import annotations

from pathlib import Path

from mlsan.data.validation import CorpusError
from mlsan.sources import encoders
from mlsan.sources.download import CONNECT_SECONDS, Unavailable


def load_encoder(name: str, revision: str | None = None):
    """Its tokenizer, the encoder with the weights it starts from, and the hub's revision.

    ``revision``: the commit that a run began with; without, the newest. A folder has none.

    Raises:
        CorpusError: it is no encoder, or its tokenizer marks neither beginning, end nor padding.
        Unavailable: it cannot be had, or transformers is not installed.
    """
    try:
        from huggingface_hub import model_info, try_to_load_from_cache
        from transformers import AutoConfig, AutoModel, AutoTokenizer
        from transformers.utils import logging
    except ImportError as error:
        raise Unavailable(f"fine-tuning needs transformers: {encoders.INSTALL}") from error
    logging.disable_progress_bar()
    source, pin, is_folder = name, revision or "main", Path(name).is_dir()
    if name == encoders.MODEL:
        source, pin = encoders.packaged_weights() or name, encoders.REVISION

    def read(**options):
        options |= {"revision": pin}
        _check_kind(name, AutoConfig.from_pretrained(source, **options))    # before the weights
        tokenizer = AutoTokenizer.from_pretrained(source, padding_side="right", **options)
        marks = [mark for mark in ("cls_token", "sep_token", "pad_token")
                 if getattr(tokenizer, mark) is None]
        if marks:
            raise CorpusError(f"encoder {name!r}: its tokenizer has no {', '.join(marks)}; name an "
                              "encoder whose tokenizer has cls_token, sep_token and pad_token")
        return tokenizer, AutoModel.from_pretrained(source, use_safetensors=True, **options).float()

    def commit():
        if is_folder or source != name:
            return None if is_folder else pin
        return Path(try_to_load_from_cache(name, "config.json", revision=pin)).parent.name

    try:
        # A folder, the installed package, or the hub's cache.
        return *read(local_files_only=True), commit()
    except CorpusError:
        raise
    except (OSError, ValueError) as error:
        if is_folder:
            raise Unavailable(f"{name}: not an encoder and its tokenizer as `save_pretrained` "
                              f"writes them, with weights as safetensors ({error})") from error
    try:
        # Asked first, as it fails in seconds: `read` takes minutes.
        model_info(name, revision=pin, timeout=CONNECT_SECONDS)
        return *read(), commit()
    except CorpusError:
        raise
    except Exception as error:          # whatever the hub's client and its http library may raise
        raise Unavailable(f"encoder {name!r} can be had neither from this machine nor from its hub "
                          f"({error}); name a model there, with weights as safetensors, "
                          "or a folder") from error


def _check_kind(name: str, config) -> None:
    """Whether it reads both ways: a turn comes first here, and has to see the context behind it.

    No field says so (GPT-2's ``is_decoder`` is False). But what reads both ways is trained on
    masked words, and transformers knows which kinds are.
    """
    from transformers.models.auto import modeling_auto as kinds

    only_left = (config.model_type in kinds.MODEL_FOR_CAUSAL_LM_MAPPING_NAMES
                 and config.model_type not in kinds.MODEL_FOR_MASKED_LM_MAPPING_NAMES)
    if config.is_encoder_decoder:
        kind = "an encoder with a decoder"
    elif only_left or getattr(config, "is_decoder", False):
        kind = "a decoder, which reads from left to right only"
    else:
        return
    raise CorpusError(f"encoder {name!r}: {config.model_type} is {kind}; name an encoder that was "
                      "trained on masked words, such as BERT, RoBERTa, DeBERTa or ModernBERT")
