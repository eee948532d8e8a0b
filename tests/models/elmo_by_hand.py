"""ELMo step by step in numpy and float64, from the tensors of its file under their names there: the tests' oracle."""

from collections.abc import Mapping, Sequence

import numpy as np

SENTENCE, END, WORD, WORD_END, FILL = 256, 257, 258, 259, 260

Tensors = Mapping[str, np.ndarray]
States = dict[tuple[int, int], tuple[np.ndarray, np.ndarray]]


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def word_vector(characters: Sequence[int], tensors: Tensors, options: Mapping) -> np.ndarray:
    """(P,) the vector of one word, or of a sentence's mark."""
    cnn = options["char_cnn"]
    places = cnn["max_characters_per_token"]
    spelt = [WORD, *characters[: places - 2], WORD_END]
    x = tensors["char_embed"][spelt + [FILL] * (places - len(spelt))]
    found = []
    for i, (window, filters) in enumerate(cnn["filters"]):
        weight, bias = tensors[f"CNN/W_cnn_{i}"][0], tensors[f"CNN/b_cnn_{i}"]
        answers = np.empty((places - window + 1, filters))
        for start in range(places - window + 1):
            answers[start] = sum(x[start + k] @ weight[k] for k in range(window)) + bias
        act = np.tanh if cnn["activation"] == "tanh" else lambda a: np.maximum(a, 0)
        found.append(act(answers).max(0))
    v = np.concatenate(found)
    for k in range(cnn["n_highway"]):
        t = {name: tensors[f"CNN_high_{k}/{name}"] for name in ("W_carry", "b_carry", "W_transform", "b_transform")}
        gate = sigmoid(v @ t["W_carry"] + t["b_carry"])
        v = gate * np.maximum(v @ t["W_transform"] + t["b_transform"], 0) + (1 - gate) * v
    if len(v) == options["lstm"]["projection_dim"]:
        return v
    return v @ tensors["CNN_proj/W_proj"] + tensors["CNN_proj/b_proj"]


def clipped(x: np.ndarray, limit: float | None) -> np.ndarray:
    return x if limit is None else np.clip(x, -limit, limit)


def read_in_one_direction(
    x: Sequence[np.ndarray], state: tuple[np.ndarray, np.ndarray], cell: str, tensors: Tensors, lstm: Mapping
) -> tuple[list[np.ndarray], tuple[np.ndarray, np.ndarray]]:
    weight, bias, projection = (tensors[f"{cell}/{name}"] for name in ("W_0", "B", "W_P_0"))
    h, c = state
    said = []
    for each in x:
        i, j, f, o = np.split(np.concatenate([each, h]) @ weight + bias, 4)
        c = clipped(sigmoid(f + 1) * c + sigmoid(i) * np.tanh(j), lstm["cell_clip"])
        h = clipped((sigmoid(o) * np.tanh(c)) @ projection, lstm["proj_clip"])
        said.append(h)
    return said, (h, c)


def zeros(options: Mapping) -> States:
    lstm = options["lstm"]
    return {
        (direction, layer): (np.zeros(lstm["projection_dim"]), np.zeros(lstm["dim"]))
        for direction in range(2)
        for layer in range(lstm["n_layers"])
    }


def layers_of(sentence: Sequence[str], tensors: Tensors, options: Mapping, states: States) -> np.ndarray:
    """(L + 1, T, 2P) of one sentence; `states` are those before it, and afterwards those behind it."""
    lstm = options["lstm"]
    spelt = [[SENTENCE], *(list(word.encode()) for word in sentence), [END]]
    words = [word_vector(characters, tensors, options) for characters in spelt]
    sides = []
    for direction in range(2):
        x = words[::-1] if direction else words
        rows = [x]
        for layer in range(lstm["n_layers"]):
            cell = f"RNN_{direction}/RNN/MultiRNNCell/Cell{layer}/LSTMCell"
            said, states[direction, layer] = read_in_one_direction(x, states[direction, layer], cell, tensors, lstm)
            x = (
                [y + below for y, below in zip(said, x, strict=True)]
                if layer and lstm["use_skip_connections"]
                else said
            )
            rows.append(x)
        sides.append(np.array([row[::-1] if direction else row for row in rows]))
    return np.concatenate(sides, axis=-1)[:, 1:-1]
