"""An encoder by its name: which can be had, which is refused, and which commit it was."""

import shutil

import pytest

from mlsan import finetune
from mlsan.data.corpus import Corpus
from mlsan.data.validation import CorpusError
from mlsan.finetune import Tuning
from mlsan.sources.download import Unavailable

transformers = pytest.importorskip("transformers",
                                   reason='not installed: pip install "mlsan[text]"')
huggingface_hub = pytest.importorskip("huggingface_hub")
from test_finetune import Killed, run, tiny, toy, tuning, with_table  # noqa: E402


@pytest.fixture
def encoder(tmp_path):
    return tiny("Bert", tmp_path / "encoder")


def test_an_encoder_that_cannot_be_had_is_named(tmp_path, monkeypatch):
    def nowhere(*args, **kwargs):
        raise OSError("no network here")

    monkeypatch.setattr(huggingface_hub, "model_info", nowhere)
    for name, words in (
            ("nobody/nothing", "encoder 'nobody/nothing' can be had neither .*no network here"),
            (str(tmp_path), "not an encoder.*save_pretrained")):
        with pytest.raises(Unavailable, match=words):
            run(toy(late=0, dialogues=36), Tuning(encoder=name), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_an_encoder_that_cannot_read_these_texts_is_refused(encoder, tmp_path):
    """Most of these train and report a score, if nobody looks."""
    corpus = toy(late=0, dialogues=36)
    tokenizer = transformers.AutoTokenizer.from_pretrained(encoder)
    small = {"vocab_size": 20, "hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2,
             "intermediate_size": 32}

    def made(name, config=None, words=tokenizer):
        model = transformers.AutoModel.from_config(config) if config else (
            transformers.AutoModel.from_pretrained(encoder))
        model.save_pretrained(tmp_path / name)
        if words:
            words.save_pretrained(tmp_path / name)
        return tmp_path / name

    cases = [
        (made("no-words", words=None), "knows 0 of the 288 tokens.*'.*'.*without its own files"),
        (made("no-bytes", transformers.RobertaConfig(**small), None), "knows 0 of the 0 tokens"),
        (made("gpt", transformers.GPT2Config(vocab_size=20, n_embd=32, n_layer=1, n_head=2)),
         "gpt2 is a decoder, .*left to right.*name an encoder"),
        (made("llama", transformers.LlamaConfig(**small)), "llama is a decoder"),
        (made("blind", transformers.BertConfig(**small, is_decoder=True)), "bert is a decoder"),
        (made("t5", transformers.T5Config(vocab_size=20, d_model=32, num_layers=1, d_ff=32)),
         "t5 is an encoder with a decoder; name"),
        (made("bart", transformers.BartConfig(
            vocab_size=20, d_model=32, encoder_layers=1, decoder_layers=1, encoder_ffn_dim=32,
            decoder_ffn_dim=32, encoder_attention_heads=2, decoder_attention_heads=2)),
         "bart is an encoder with a decoder"),
        (made("fewer", transformers.BertConfig(**small | {"vocab_size": 5})),
         "gives token 9, the encoder has 5; save the tokenizer"),
    ]
    for folder, words in cases:
        with pytest.raises(CorpusError, match=f"encoder '{folder}': .*{words}"):
            run(corpus, tuning(str(folder)), tmp_path / "run")
        assert not (tmp_path / "run").exists(), folder
    foreign = with_table(corpus, text="gut schlecht " + corpus.table.text)      # a third is known
    with pytest.raises(CorpusError, match="knows 288 of the 576 tokens.*'gut.*another language"):
        run(foreign, tuning(encoder), tmp_path / "run")


def test_the_hubs_commit_is_kept_and_gone_on_with(encoder, tmp_path, monkeypatch):
    """The hub's cache of this machine, laid out by hand; its main then moves on."""
    hub = tmp_path / "hub" / "models--somebody--tiny"
    first, second = "1" * 40, "2" * 40
    for commit in (first, second):
        shutil.copytree(encoder, hub / "snapshots" / commit)
    (hub / "refs").mkdir()
    (hub / "refs" / "main").write_text(first)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    mine, corpus = tuning("somebody/tiny", epochs=1), toy(late=0, dialogues=36)
    assert run(corpus, mine, tmp_path / "a")["revision"] == first
    assert f"by somebody/tiny@{first[:12]}, " in Corpus.load(tmp_path / "a/features").provenance
    assert run(corpus, tuning(encoder, epochs=1), tmp_path / "b")["revision"] is None

    def dies(*args, **kwargs):
        raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(finetune, "_fit", dies)
        run(corpus, mine, tmp_path / "c")
    (hub / "refs" / "main").write_text(second)
    assert run(corpus, mine, tmp_path / "c", resume=True)["revision"] == first
    assert run(corpus, mine, tmp_path / "d")["revision"] == second
