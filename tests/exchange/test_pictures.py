"""Models of pictures in and out: what transformers and onnxruntime say of a picture file is what headwork says."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from PIL import Image
from safetensors.torch import load_file
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from tests.models.formats.open_clip_by_hand import SIZES, OpenClip
from tests.published import drawn_wide, write_clip, write_clip_tokens

from headwork.base.errors import HeadworkError
from headwork.base.runs import Run
from headwork.cli import group
from headwork.compare.open import open_run
from headwork.data.pictures import each_picture
from headwork.exchange.exporting import export
from headwork.exchange.importing import import_model
from headwork.models.pretrained import core_config
from headwork.models.published import load
from headwork.sklearn import PictureVectors
from headwork.tasks.pictures import PictureModel

NAMES = ["a photo of a cat", "a photo of a dog", "do"]


@pytest.fixture(scope="module")
def pictures(tmp_path_factory) -> Path:
    """A folder of pictures of several sizes."""
    folder, random = tmp_path_factory.mktemp("pictures"), np.random.default_rng(0)
    for name, shape in (("a.png", (30, 20, 3)), ("b.png", (12, 12)), ("c.jpg", (13, 50, 3))):
        Image.fromarray(random.integers(0, 256, shape, dtype=np.uint8)).save(folder / name)
    return folder


@pytest.fixture(scope="module")
def clip_case(transformers, tmp_path_factory):
    """Towers of one layer, for exporting graphs of more takes long."""
    one = {"num_hidden_layers": 1}
    return write_clip(transformers, tmp_path_factory.mktemp("clip"), texts=one, pictures=one)


@pytest.fixture(scope="module")
def clip_run(clip_case, tmp_path_factory) -> Run:
    run = Run(tmp_path_factory.mktemp("run") / "clip")
    import_model(str(clip_case.folder), run)
    return run


@pytest.fixture(scope="module")
def vit_run(published, tmp_path_factory) -> Run:
    run = Run(tmp_path_factory.mktemp("run") / "vit")
    import_model(str(published("vit", "ForImageClassification").folder), run)
    return run


def said(*words: str) -> list[dict]:
    """What `headwork` prints, a JSON object a line."""
    done = CliRunner().invoke(group, list(words), catch_exceptions=False, standalone_mode=False)
    assert done.exit_code == 0, done.output
    return [json.loads(line) for line in done.output.splitlines()]


def seen(folder: Path) -> list[Image.Image]:
    return [picture for _, picture in each_picture(folder)]


@torch.no_grad()
def by_transformers(transformers, folder: Path, pictures: Path, names: list[str]) -> np.ndarray:
    """(pictures, names) from files alone, as its users write it."""
    model = transformers.CLIPModel.from_pretrained(folder).eval()
    processor = transformers.AutoImageProcessor.from_pretrained(folder, backend="pil")
    tokens = transformers.CLIPTokenizer.from_pretrained(folder)(names, padding=True, return_tensors="pt")
    pixels = torch.cat([processor(images=each, return_tensors="pt")["pixel_values"] for each in seen(pictures)])
    return model(pixel_values=pixels, **tokens).logits_per_image.softmax(1).numpy()


@pytest.mark.row("CL02")
def test_pictures_are_classified_by_names(clip_case, clip_run: Run, transformers, pictures: Path):
    expected = by_transformers(transformers, clip_case.folder, pictures, NAMES)
    answers = said("predict", str(clip_run.folder), "--image", str(pictures), "--labels", ", ".join(NAMES))
    assert [answer["image"] for answer in answers] == ["a.png", "b.png", "c.jpg"]
    for answer, chances in zip(answers, expected, strict=True):
        np.testing.assert_allclose([answer["probabilities"][name] for name in NAMES], chances, atol=1e-5)
        assert answer["label"] == NAMES[int(chances.argmax())]
    assert max(np.ptp(expected, axis=1)) > 0.05  # else all would be equal whatever was wrong


@pytest.mark.row("CL02")
@torch.no_grad()
def test_prompts_put_names_into_sentences(clip_case, clip_run: Run, pictures: Path):
    words = ("predict", str(clip_run.folder), "--image", str(pictures / "a.png"), "--labels")
    one = said(*words, "cat,dog", "--prompt", "a photo of a {}")
    same = said(*words, "a photo of a cat,a photo of a dog")
    assert [*one[0]["probabilities"].values()] == [*same[0]["probabilities"].values()]
    several = said(*words, "cat,dog", "--prompt", "a photo of a {}", "--prompt", "{} of {}")
    model, opened = clip_case.model.float(), PictureModel(clip_run.model)
    told = [prompt.replace("{}", name) for prompt in ("a photo of a {}", "{} of {}") for name in ("cat", "dog")]
    rows = [torch.tensor([found.ids]) for found in opened.tokenizer.encode(told)]
    vectors = torch.cat([model.get_text_features(input_ids=row).pooler_output for row in rows])
    vectors = torch.nn.functional.normalize(vectors).unflatten(0, (2, 2)).mean(0)
    vectors = torch.nn.functional.normalize(vectors)
    pixels = torch.from_numpy(opened.pixels.of(seen(pictures)[0], "a"))[None]
    u = torch.nn.functional.normalize(model.get_image_features(pixel_values=pixels).pooler_output)
    expected = (model.logit_scale.exp() * u @ vectors.T).softmax(1)[0]
    model.double()
    np.testing.assert_allclose([*several[0]["probabilities"].values()], expected, atol=1e-5)
    assert abs(several[0]["probabilities"]["cat"] - one[0]["probabilities"]["cat"]) > 1e-4


@torch.no_grad()
def test_an_imported_classifier_predicts_as_the_original(published, vit_run: Run, transformers, pictures: Path):
    folder = published("vit", "ForImageClassification").folder
    model = transformers.ViTForImageClassification.from_pretrained(folder).eval()
    processor = transformers.AutoImageProcessor.from_pretrained(folder, backend="pil")
    expected = model(**processor(images=seen(pictures), return_tensors="pt")).logits.softmax(1).numpy()
    answers = said("predict", str(vit_run.folder), "--image", str(pictures))
    found = [[answer["probabilities"][f"LABEL_{place}"] for place in range(3)] for answer in answers]
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert [answer["label"] for answer in answers] == [f"LABEL_{place}" for place in expected.argmax(1)]


@pytest.mark.row("CL02")
@torch.no_grad()
def test_a_linear_probe(clip_case, clip_run: Run, tmp_path: Path):
    """Vectors are those of transformers, and a linear model on them tells bright pictures from dark ones."""
    random, paths = np.random.default_rng(0), []
    for number in range(60):
        values = random.integers(0, 90, (12, 12, 3), dtype=np.uint8) + np.uint8(150 * (number % 2))
        Image.fromarray(values).save(path := tmp_path / f"{number:02}.png")
        paths.append(str(path))
    labels = np.arange(60) % 2
    vectors = PictureVectors(str(clip_run.folder)).fit_transform(paths)
    opened, model = PictureModel(clip_run.model), clip_case.model.float()
    pixels = torch.from_numpy(np.stack([opened.read(Path(path)) for path in paths]))
    expected = torch.nn.functional.normalize(model.get_image_features(pixel_values=pixels).pooler_output)
    model.double()
    np.testing.assert_allclose(vectors, expected, atol=1e-5)
    probe = make_pipeline(PictureVectors(str(clip_run.folder)), StandardScaler(), LogisticRegression())
    assert probe.fit(paths[:40], labels[:40]).score(paths[40:], labels[40:]) > 0.9
    assert probe[0].get_feature_names_out().shape == (vectors.shape[1],)
    with pytest.raises(HeadworkError, match=r"not a png or jpg"):
        Path(paths[0]).write_text("no picture")
        probe.predict(paths[:1])


def test_labels_of_one_name_are_told_apart(published, tmp_path: Path, pictures: Path):
    folder = tmp_path / "cranes"
    folder.mkdir()
    for file in published("vit", "ForImageClassification").folder.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    told = json.loads((folder / "config.json").read_text()) | {"id2label": {"0": "crane", "1": "ox", "2": "crane"}}
    (folder / "config.json").write_text(json.dumps(told))
    import_model(str(folder), Run(tmp_path / "run"))
    (answer,) = said("predict", str(tmp_path / "run"), "--image", str(pictures / "a.png"))
    assert [*answer["probabilities"]] == ["crane", "ox", "crane (2)"]
    assert abs(sum(answer["probabilities"].values()) - 1) < 1e-6


def test_back_to_transformers_from_files_alone(clip_case, clip_run: Run, transformers, pictures: Path, tmp_path: Path):
    export(clip_run, "hf", tmp_path / "hf")
    expected = by_transformers(transformers, clip_case.folder, pictures, NAMES)
    np.testing.assert_allclose(by_transformers(transformers, tmp_path / "hf", pictures, NAMES), expected, atol=1e-6)
    processor = transformers.AutoProcessor.from_pretrained(tmp_path / "hf")
    ids = processor(text=NAMES, images=seen(pictures)[:1], padding=True)["input_ids"]
    assert ids == transformers.CLIPTokenizer.from_pretrained(clip_case.folder)(NAMES, padding=True)["input_ids"]
    before, after = (load_file(place / "model.safetensors") for place in (clip_case.folder, tmp_path / "hf"))
    assert before.keys() == after.keys()
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_a_classifier_back_to_transformers(published, vit_run: Run, transformers, pictures: Path, tmp_path: Path):
    export(vit_run, "hf", tmp_path / "hf")
    original = published("vit", "ForImageClassification").folder
    for name in ("model.safetensors",):
        before, after = load_file(original / name), load_file(tmp_path / "hf" / name)
        assert before.keys() == after.keys()
        assert all(torch.equal(before[name], after[name]) for name in before)
    processors = [
        transformers.AutoImageProcessor.from_pretrained(place, backend="pil") for place in (original, tmp_path / "hf")
    ]
    one, other = (each(images=seen(pictures), return_tensors="np")["pixel_values"] for each in processors)
    np.testing.assert_array_equal(one, other)


@torch.no_grad()
def test_open_clip_in_and_out(pictures: Path, tmp_path: Path):
    source = tmp_path / "source"
    source.mkdir()
    torch.manual_seed(0)
    original = OpenClip(quick=False)
    drawn_wide(original)
    torch.save(original.state_dict(), source / "open_clip_pytorch_model.bin")
    told = {"mean": [0.5, 0.4, 0.3], "std": [0.1, 0.2, 0.3], "interpolation": "bilinear", "resize_mode": "squash"}
    (source / "open_clip_config.json").write_text(json.dumps({"model_cfg": SIZES, "preprocess_cfg": told}))
    write_clip_tokens(source)
    run = Run(tmp_path / "run")
    assert import_model(str(source), run).family == "clip"
    answers = said("predict", str(run.folder), "--image", str(pictures), "--labels", ",".join(NAMES))
    opened = PictureModel(run.model)
    rows = [found.ids for found in opened.tokenizer.encode(NAMES)]
    ids = torch.tensor([row + [0] * (max(map(len, rows)) - len(row)) for row in rows])
    squashed = [np.asarray(each.resize((12, 12), Image.Resampling.BILINEAR)) / 255 for each in seen(pictures)]
    pixels = (torch.tensor(np.stack(squashed)) - torch.tensor(told["mean"])) / torch.tensor(told["std"])
    expected = original.eval()(pixels.float().permute(0, 3, 1, 2), ids).softmax(1)
    np.testing.assert_allclose([[*answer["probabilities"].values()] for answer in answers], expected, atol=1e-5)
    export(run, "open_clip", tmp_path / "out")
    written = json.loads((tmp_path / "out/open_clip_config.json").read_text())
    assert written["preprocess_cfg"] == told
    again = OpenClip(quick=False)
    again.load_state_dict(load_file(tmp_path / "out/open_clip_model.safetensors"))
    assert all(torch.equal(again.state_dict()[name], value) for name, value in original.state_dict().items())


def named(session, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return dict(zip([output.name for output in session.get_outputs()], session.run(None, inputs), strict=True))


@torch.no_grad()
@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
def test_onnx_of_both_towers_at_every_size(clip_case, clip_run: Run, onnxruntime, tmp_path: Path):
    export(clip_run, "onnx", tmp_path / "onnx")
    session = onnxruntime.InferenceSession(tmp_path / "onnx/model.onnx")
    model = clip_case.model.float()
    opened = PictureModel(clip_run.model)
    for count, names in ((3, NAMES), (1, NAMES[:1]), (2, [*NAMES, "cat " * 20])):
        rows = [found.ids[:15] + found.ids[-1:] for found in opened.tokenizer.encode(names)]
        ids, mask = (
            np.zeros((len(rows), max(map(len, rows))), np.int64),
            np.zeros((len(rows), max(map(len, rows))), np.int64),
        )
        for place, row in enumerate(rows):
            ids[place, : len(row)], mask[place, : len(row)] = row, 1
        pixels = np.random.default_rng(count).normal(size=(count, 3, 12, 12)).astype(np.float32)
        inputs = {"pixel_values": pixels, "input_ids": ids, "attention_mask": mask}
        expected = model(**{name: torch.from_numpy(value) for name, value in inputs.items()})
        found = named(session, inputs)
        for name in ("logits_per_image", "image_embeds", "text_embeds"):
            np.testing.assert_allclose(found[name], expected[name], atol=1e-5)
    model.double()


@pytest.mark.slow
@torch.no_grad()
@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
def test_onnx_of_a_classifier_of_pictures(vit_run: Run, onnxruntime, tmp_path: Path):
    export(vit_run, "onnx", tmp_path / "onnx")
    session = onnxruntime.InferenceSession(tmp_path / "onnx/model.onnx")
    model = load(vit_run.model)
    for count in (1, 4):
        pixels = torch.randn(count, 3, 12, 12)
        expected, found = (
            model(model.config.core.patches.batch(pixels)),
            named(session, {"pixel_values": pixels.numpy()}),
        )
        assert found.keys() == expected.keys() == {"hidden", "pooled", "classes"}
        for name, value in expected.items():
            np.testing.assert_allclose(found[name].reshape(value.shape), value, atol=1e-5)
    assert json.loads((tmp_path / "onnx/config.json").read_text())["id2label"]["1"] == "LABEL_1"


ASKED: dict[str, tuple[str, tuple[str, ...], str]] = {
    "no names": ("clip", ("--image", "{}"), "--labels NAME,NAME"),
    "a name twice": ("clip", ("--image", "{}", "--labels", "cat,cat"), "'cat' stands there twice"),
    "an empty name": ("clip", ("--image", "{}", "--labels", "cat,"), "is empty"),
    "a prompt without a place": (
        "clip",
        ("--image", "{}", "--labels", "cat", "--prompt", "a cat"),
        "where the name goes",
    ),
    "names for classes": ("vit", ("--image", "{}", "--labels", "cat,dog"), "has classes of its own"),
    "a text": ("vit", ("--text", "cat"), "reads pictures"),
    "a text beside": ("vit", ("--image", "{}", "--text", "cat"), "reads pictures"),
    "no picture": ("vit", ("--image", "nowhere.png"), "nowhere.png"),
    "an option of translators": ("vit", ("--image", "{}", "--beam", "3"), "--beam: means nothing"),
}


@pytest.mark.parametrize("name", ASKED)
def test_what_cannot_be_asked_is_refused(name: str, clip_run: Run, vit_run: Run, pictures: Path):
    which, words, message = ASKED[name]
    run = {"clip": clip_run, "vit": vit_run}[which]
    with pytest.raises(HeadworkError, match=message):
        said("predict", str(run.folder), *(str(pictures) if word == "{}" else word for word in words))


def changed(folder: Path, into: Path, file: str, change: Callable[[dict], dict]) -> Path:
    into.mkdir()
    for each in folder.iterdir():
        (into / each.name).write_bytes(each.read_bytes())
    (into / file).write_text(json.dumps(change(json.loads((into / file).read_text()))))
    return into


def test_files_of_different_models_are_refused(clip_case, published, tmp_path: Path):
    def at(name: str, file: str, folder: Path = clip_case.folder, **settings) -> str:
        return str(changed(folder, tmp_path / name, file, lambda told: {**told, **settings}))

    preparing = "preprocessor_config.json"
    with pytest.raises(HeadworkError, match=r"prepared as \(14, 14\) in 3 colours, but the model reads \(12, 12\)"):
        import_model(at("size", preparing, crop_size=14), Run(tmp_path / "run"))
    with pytest.raises(HeadworkError, match="prepared as they are in 3 colours"):
        import_model(at("free", preparing, do_center_crop=False), Run(tmp_path / "run"))
    more = {f"more{place}": 520 + place for place in range(9)}
    with pytest.raises(HeadworkError, match="has 529 tokens, the model 520 embeddings"):
        import_model(at("tokens", "vocab.json", **more), Run(tmp_path / "run"))
    texts = json.loads((clip_case.folder / "config.json").read_text())["text_config"]
    with pytest.raises(HeadworkError, match="ends texts with token 519, the model with 7"):
        import_model(at("end", "config.json", text_config={**texts, "eos_token_id": 7}), Run(tmp_path / "run"))
    vit = published("vit", "ForImageClassification").folder
    with pytest.raises(HeadworkError, match="prepared by DeiTImageProcessor"):
        import_model(at("deit", preparing, vit, image_processor_type="DeiTImageProcessor"), Run(tmp_path / "run"))


def test_an_encoder_of_pictures_alone(published, tmp_path: Path, pictures: Path):
    run = Run(tmp_path / "run")
    import_model(str(published("vit", "Model").folder), run)
    with pytest.raises(HeadworkError, match="has no classes"):
        said("predict", str(run.folder), "--image", str(pictures))
    for place in (run.model, published("vit", "Model").folder):
        with pytest.raises(HeadworkError, match="an encoder of pictures, where one of texts is needed"):
            core_config(place)
    with pytest.raises(HeadworkError, match="open_clip reads no model but CLIP"):
        export(run, "open_clip", tmp_path / "out")


def test_other_commands_say_that_it_reads_pictures(vit_run: Run):
    with pytest.raises(HeadworkError, match="a model of pictures; ask it with `headwork predict"):
        open_run(str(vit_run.folder), device="cpu")


def test_what_is_told_after_an_import(clip_case, published, tmp_path: Path):
    told = CliRunner().invoke(group, ["import", str(clip_case.folder), "-o", str(tmp_path / "c")]).output
    assert "clip, 1 layers of width 12" in told and "--image PICTURE --labels NAME,NAME" in told
    folder = published("vit", "ForImageClassification").folder
    told = CliRunner().invoke(group, ["import", str(folder), "-o", str(tmp_path / "v")]).output
    assert "labels: LABEL_0, LABEL_1, LABEL_2" in told and "--image PICTURE" in told and "tokens" not in told
