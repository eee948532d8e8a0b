"""Which recipes a comparison runs."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from headwork.base.errors import HeadworkError
from headwork.base.recipes import Recipe, check_task, load_recipe, recipe_names, tasks, with_settings
from headwork.compare.work import Data, work_of
from headwork.data.weights import find_encoder
from headwork.models import config_of, kind_of, widths_of

ORDER = (
    *("sentence", "window", "templates", "lead"),
    *("majority", "tfidf", "bag", "text-cnn", "bilstm-attention", "han", "transformer"),
    *("most-frequent", "context", "static-neighbours", "sense-neighbours"),
    *("features", "bilstm", "minilm-frozen", "minilm"),
    *("overlap", "second-only", "averaged", "decomposable", "decomposable-intra", "two-way-lstm"),
    *("bm25", "nbow"),
    *("minilm-cosine", "sbert", "minilm-cross", "hybrid", "minilm-retrieve"),
    *("centroid", "textrank", "bertsum", "bertsum-abs"),
    *("rnn", "bahdanau"),
    *("linear", "tabert"),
    *("ngram", "lstm", "transformer-xl"),
    *("ntm", "seq2seq", "pointer"),
)
"""of the default line-ups: baselines first, then by age"""


@dataclass(frozen=True)
class LineUp:
    """The recipes of a comparison, and what had to be left out with the reason."""

    recipes: list[Recipe]
    left_out: dict[str, str]


def line_up(
    names: Sequence[str],
    *,
    task: str | None = None,
    settings: tuple[str, ...] = (),
    grid: tuple[str, ...] = (),
    size: str | None = None,
    parameters: int | None = None,
    offline: bool = False,
) -> LineUp:
    """The named recipes, or the default ones of the task, which is that of the first recipe when it is not given.

    A setting is given to each recipe that has it; one that none has is refused. So is a setting of the grid, which
    makes a recipe into one for each combination of values. A default recipe whose pretrained weights are not at hand is
    left out, a named one is refused.
    """
    names = [name.strip() for name in names if name.strip()]
    task = task_of(names, task)
    recipes = [load_recipe(name, task) for name in dict.fromkeys(names or default_names(task))]
    recipes = [_with_own(recipe, settings, size) for recipe in recipes]
    _refuse_strangers(recipes, (*settings, *grid))
    recipes = [each for recipe in recipes for each in spread(recipe, grid)]
    recipes = _sized(recipes, parameters) if parameters else recipes
    left_out: dict[str, str] = {}
    for recipe in recipes:
        work_of(task).check(recipe)
        try:
            _find_weights(recipe, offline)
        except HeadworkError as error:
            if names:
                raise
            left_out[recipe.name] = str(error)
    return LineUp([recipe for recipe in recipes if recipe.name not in left_out], left_out)


def serving(recipes: Sequence[Recipe], data: Data, *, named: bool) -> list[Recipe]:
    """Those that can give the answers that `data` asks for; one that was named and cannot is refused."""
    found = []
    for recipe in recipes:
        try:
            work_of(recipe.task).meet(recipe, data)
        except HeadworkError:
            if named:
                raise
        else:
            found.append(recipe)
    return found


def task_of(names: Sequence[str], task: str | None) -> str:
    """The task that is asked for; else the first that has all these recipes, or the first recipe."""
    if task:
        check_task(task)
        return task
    shared = [kind for kind in tasks() if set(names) <= set(recipe_names(kind))]
    return shared[0] if shared else load_recipe(names[0]).task


def default_names(task: str) -> list[str]:
    names = [name for name in recipe_names(task) if load_recipe(name, task).default]
    return sorted(names, key=ORDER.index)


def spread(recipe: Recipe, grid: Sequence[str]) -> list[Recipe]:
    """One recipe for each combination of the values that words such as `model.layers=1,2` give to settings it has."""
    axes = [_axis(word) for word in grid if _has(recipe, word)]
    if not axes:
        return [recipe]
    return [_at(recipe, point) for point in itertools.product(*axes)]


def _axis(word: str) -> list[str]:
    """`model.layers=1,2` as `model.layers=1` and `model.layers=2`."""
    key, equals, values = word.partition("=")
    found = [value for value in values.split(",") if value]
    if not equals or len(found) != len(set(found)) or len(found) < 2:
        raise HeadworkError(f"--grid {word}: expected model.KEY=A,B or train.KEY=A,B with different values")
    return [f"{key}={value}" for value in found]


def _at(recipe: Recipe, point: Sequence[str]) -> Recipe:
    """The recipe with these settings, which its name tells."""
    said = ",".join(word.partition(".")[2] for word in point)
    chosen = with_settings(recipe, tuple(point))
    return msgspec.structs.replace(chosen, name=f"{recipe.name}:{said}", title=f"{recipe.title}, {said}")


def _sized(recipes: Sequence[Recipe], parameters: int) -> list[Recipe]:
    """As many weights for each network whose widths can be chosen."""
    if not any(widths_of(recipe) for recipe in recipes):
        names = ", ".join(recipe.name for recipe in recipes)
        raise HeadworkError(f"--parameters {parameters:,}: none of {names} has widths that can be chosen; leave it out")
    return [
        msgspec.structs.replace(recipe, parameters=parameters) if widths_of(recipe) else recipe for recipe in recipes
    ]


def _find_weights(recipe: Recipe, offline: bool) -> None:
    pretrained = getattr(config_of(recipe), "pretrained", "")
    if pretrained:
        find_encoder(pretrained, offline=offline)


def _with_own(recipe: Recipe, settings: tuple[str, ...], size: str | None) -> Recipe:
    own = tuple(word for word in settings if _has(recipe, word))
    return with_settings(recipe, own, size=size)


def _has(recipe: Recipe, setting: str) -> bool:
    """Does the setting concern this recipe? What belongs to training concerns every network.

    A recipe without a network has those settings of training that it names.
    """
    table, _, key = setting.partition("=")[0].partition(".")
    if table != "model":
        return kind_of(recipe).neural or key in recipe.train
    _, config = kind_of(recipe).load()
    return key in config.__struct_fields__


def _refuse_strangers(recipes: Sequence[Recipe], settings: tuple[str, ...]) -> None:
    for setting in settings:
        if not any(_has(recipe, setting) for recipe in recipes):
            raise HeadworkError(
                f"--set {setting}: none of {', '.join(recipe.name for recipe in recipes)} has this setting; "
                "`headwork recipes NAME` shows those it has"
            )
