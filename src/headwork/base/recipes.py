"""Recipes: a published system as a short TOML file, read into a frozen struct with strict keys.

`model` and `train` stay plain tables here; the floors that own those settings check them against their own structs
(`headwork.models.config_of`, `headwork.train.TrainConfig`), so that every key has one home.
"""

import difflib
import tomllib
from importlib import resources
from typing import Any

import msgspec

from headwork.base.errors import HeadworkError

SIZES = ("tiny", "small", "base")
TASKS = (
    *("classify", "translate", "language", "algorithm", "pair", "multilabel", "tag", "span"),
    *("parse-log", "disambiguate", "retrieve", "summarize", "table"),
)
"""where several have a model of one name, it is that of the first"""
MAIN_TASK = TASKS[0]


class Recipe(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A named choice on the axes."""

    name: str
    title: str
    """what people call it, for tables and pages"""
    paper: str
    """authors, year, title"""
    task: str = MAIN_TASK
    """the folder that a recipe lies in says it"""
    rows: tuple[str, ...] = ()
    """rows of docs/systems.md that this recipe makes work"""
    default: bool = False
    """is it in the line-up of `compare` when none is named"""
    deterministic: bool = False
    """no randomness in it: one run stands for all seeds"""
    size: str = "small"
    parameters: int = 0
    """weights that the network shall have, by its widths; 0: as many as the settings give"""
    model: dict[str, Any] = msgspec.field(default_factory=dict)
    """`kind` names an entry of `headwork.models.MODELS`; the rest are that model's settings"""
    train: dict[str, Any] = msgspec.field(default_factory=dict)

    @property
    def kind(self) -> str:
        return self.model["kind"]


def recipe_names(task: str | None = None) -> list[str]:
    """The names of the recipes that ship with headwork, of one task or of all, sorted; tasks may share a name."""
    return sorted(
        {file.name.removesuffix(".toml") for kind in tasks() if task in (None, kind) for file in _files(kind)}
    )


def all_recipes() -> list[Recipe]:
    """Every recipe of every task, by task and name."""
    return [load_recipe(name, task) for task in tasks() for name in recipe_names(task)]


def tasks() -> list[str]:
    """The tasks that there are recipes for; that of the main job comes first."""
    folder = resources.files("headwork.recipes")
    found = sorted(entry.name for entry in folder.iterdir() if entry.is_dir() and not entry.name.startswith("_"))
    return sorted(found, key=TASKS.index)


def load_recipe(name: str, task: str | None = None) -> Recipe:
    """The recipe called `name`, of the first task that has one when none is named; an unknown name is refused."""
    names = recipe_names(task)
    if name not in names:
        near = difflib.get_close_matches(name, names, n=1, cutoff=0.4)
        hint = f"did you mean {near[0]!r}?" if near else "`headwork recipes` lists them"
        raise HeadworkError(f"no model called {name!r}{f' for the task {task}' if task else ''}; {hint}")
    kind = task or next(kind for kind in tasks() if name in recipe_names(kind))
    text = resources.files("headwork.recipes").joinpath(kind, f"{name}.toml").read_text(encoding="utf-8")
    recipe = decode_recipe(text, where=f"recipe {name}")
    return msgspec.structs.replace(recipe, task=kind)


def check_task(task: str) -> None:
    if task not in tasks():
        raise HeadworkError(f"--task {task}: expected one of {', '.join(tasks())}")


def _files(task: str) -> list[Any]:
    folder = resources.files("headwork.recipes").joinpath(task)
    return [entry for entry in folder.iterdir() if entry.name.endswith(".toml")]


def decode_recipe(text: str, where: str) -> Recipe:
    """Read a recipe from TOML text; errors name `where` and the path of the key."""
    try:
        return strictly(tomllib.loads(text), Recipe, where)
    except tomllib.TOMLDecodeError as error:
        raise HeadworkError(f"{where}: not TOML ({error})") from error


def strictly(value: object, kind: type, where: str) -> Any:
    """Convert `value` to the struct `kind`; unknown keys and wrong types are refused with their path."""
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise HeadworkError(f"{where}: {error}".replace("Object", "recipe")) from error


def with_settings(recipe: Recipe, assignments: tuple[str, ...], *, size: str | None = None) -> Recipe:
    """The recipe with `--set model.heads=8` words applied, and another size.

    A value is read as a TOML literal where it is one (numbers, true, lists), else taken as text.
    """
    tables = {"model": dict(recipe.model), "train": dict(recipe.train)}
    for word in assignments:
        path, equals, text = word.partition("=")
        table, _, key = path.partition(".")
        if not equals or table not in tables or not key or key == "kind":
            raise HeadworkError(f"--set {word}: expected model.KEY=VALUE or train.KEY=VALUE")
        tables[table][key] = _literal(text)
    if size is not None and size not in SIZES:
        raise HeadworkError(f"--size {size}: expected one of {', '.join(SIZES)}")
    return msgspec.structs.replace(recipe, **tables, size=size or recipe.size)


def _literal(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def encode_recipe(recipe: Recipe) -> str:
    """The recipe as TOML text; `decode_recipe` gives it back."""
    plain = msgspec.to_builtins(recipe)
    tables = {key: plain.pop(key) for key in ("model", "train")}
    lines = [f"{key} = {_toml(value)}" for key, value in plain.items()]
    for name, table in tables.items():
        lines += ["", f"[{name}]", *(f"{key} = {_toml(value)}" for key, value in table.items())]
    return "\n".join(lines) + "\n"


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_toml(each)}" for key, each in value.items()) + "}"
    # JSON strings, numbers, booleans and flat lists of them are TOML as they stand, but for one character.
    return msgspec.json.encode(value).decode().replace("\x7f", "\\u007f")
