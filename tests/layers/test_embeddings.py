"""Word vectors from files: taken as they are, or refused in one line."""

import pytest
import torch
from safetensors.torch import load_file, save_file

from headwork.base.errors import HeadworkError
from headwork.layers.embeddings import WORD_VECTORS, WordEmbedding


def test_pretrained_vectors_are_taken_as_they_are(tmp_path):
    vectors = torch.randn(7, 4)
    save_file({WORD_VECTORS: vectors, "encoder.layer.0.weight": torch.zeros(2)}, tmp_path / "model.safetensors")
    embedding = WordEmbedding(7, 4, dropout=0.5)
    embedding.load_pretrained(tmp_path)
    assert torch.equal(embedding.table.weight, vectors)
    assert torch.equal(embedding.eval()(torch.tensor([3, 0])), vectors[[3, 0]])


def test_the_vectors_of_the_real_encoder(minilm_folder):
    embedding = WordEmbedding(30522, 384, dropout=0.0)
    embedding.load_pretrained(minilm_folder)
    assert torch.equal(embedding.table.weight, load_file(minilm_folder / "model.safetensors")[WORD_VECTORS])


@pytest.mark.parametrize("shape", [(6, 4), (7, 5), (7, 4, 1)])
def test_another_shape_is_refused_and_changes_nothing(tmp_path, shape):
    save_file({WORD_VECTORS: torch.ones(shape)}, tmp_path / "model.safetensors")
    embedding = WordEmbedding(7, 4, dropout=0.0)
    before = embedding.table.weight.clone()
    with pytest.raises(HeadworkError, match=r"\(7, 4\)"):
        embedding.load_pretrained(tmp_path)
    assert torch.equal(embedding.table.weight, before)


def test_files_without_vectors_are_refused(tmp_path):
    embedding = WordEmbedding(7, 4, dropout=0.0)
    with pytest.raises(HeadworkError, match=r"model\.safetensors"):
        embedding.load_pretrained(tmp_path)
    save_file({"other": torch.ones(1)}, tmp_path / "model.safetensors")
    with pytest.raises(HeadworkError, match="no tensor"):
        embedding.load_pretrained(tmp_path)
    whole = (tmp_path / "model.safetensors").read_bytes()
    (tmp_path / "model.safetensors").write_bytes(whole[:-3])
    with pytest.raises(HeadworkError, match="not readable"):
        embedding.load_pretrained(tmp_path)
