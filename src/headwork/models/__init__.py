"""Published architectures, a Config and a Module each, found by the `kind` of a recipe.

`MODELS` names the module and the classes; a model's file is imported when it is first asked for, so that a baseline
does not wait for torch.
"""

import importlib
from typing import TYPE_CHECKING, Any, NamedTuple

from headwork.base.errors import HeadworkError
from headwork.base.recipes import Recipe, strictly

if TYPE_CHECKING:
    from torch import Tensor


class ModelKind(NamedTuple):
    module: str
    model: str
    config: str
    neural: bool = True

    def load(self) -> tuple[type, type]:
        """The model class and its config class."""
        module = importlib.import_module(f"headwork.models.{self.module}")
        return getattr(module, self.model), getattr(module, self.config)


MODELS = {
    "majority": ModelKind("linear", "Majority", "MajorityConfig", neural=False),
    "tfidf": ModelKind("linear", "TfidfLogistic", "TfidfConfig", neural=False),
    "label-shares": ModelKind("one_vs_rest", "LabelShares", "MajorityConfig", neural=False),
    "tfidf-one-vs-rest": ModelKind("one_vs_rest", "TfidfOneVsRest", "TfidfConfig", neural=False),
    "bag": ModelKind("bag", "Bag", "BagConfig"),
    "text-cnn": ModelKind("text_cnn", "TextCnn", "TextCnnConfig"),
    "bilstm": ModelKind("bilstm", "BiLstm", "BiLstmConfig"),
    "deepmoji": ModelKind("deepmoji", "DeepMoji", "DeepMojiConfig"),
    "many-to-one": ModelKind("many_to_one", "ManyToOne", "ManyToOneConfig"),
    "han": ModelKind("han", "Han", "HanConfig"),
    "elmo": ModelKind("elmo_classifier", "ElmoClassifier", "ElmoClassifierConfig"),
    "ulmfit": ModelKind("ulmfit", "Ulmfit", "UlmfitConfig"),
    "encoder": ModelKind("encoder", "EncoderClassifier", "EncoderConfig"),
    "rnn-translator": ModelKind("rnn_translator", "RnnTranslator", "RnnTranslatorConfig"),
    "transformer-translator": ModelKind(
        "transformer_translator", "TransformerTranslator", "TransformerTranslatorConfig"
    ),
    "ngram": ModelKind("ngram", "Ngram", "NgramConfig", neural=False),
    "language-lstm": ModelKind("language_lstm", "LanguageLstm", "LanguageLstmConfig"),
    "language-lstmn": ModelKind("language_lstmn", "LanguageLstmn", "LanguageLstmnConfig"),
    "language-key-value": ModelKind("language_key_value", "LanguageKeyValue", "LanguageKeyValueConfig"),
    "language-transformer": ModelKind("language_transformer", "LanguageTransformer", "LanguageTransformerConfig"),
    "lstm": ModelKind("lstm", "Lstm", "LstmConfig"),
    "ntm": ModelKind("ntm", "Ntm", "NtmConfig"),
    "act": ModelKind("act", "Act", "ActConfig"),
    "pointer": ModelKind("pointer", "Pointer", "PointerConfig"),
    "snail": ModelKind("snail", "Snail", "SnailConfig"),
    "causal-transformer": ModelKind("causal_transformer", "CausalTransformer", "CausalTransformerConfig"),
    "memory-network": ModelKind("memory_network", "MemoryNetwork", "MemoryNetworkConfig"),
    "neural-programmer": ModelKind("neural_programmer", "NeuralProgrammer", "NeuralProgrammerConfig"),
    "reader": ModelKind("reader", "Reader", "ReaderConfig"),
    "pair-linear": ModelKind("pair_linear", "PairLinear", "PairLinearConfig", neural=False),
    "pair": ModelKind("pair", "PairNetwork", "PairConfig"),
    "tag-counts": ModelKind("tag_linear", "TagCounts", "TagCountsConfig", neural=False),
    "tag-linear": ModelKind("tag_linear", "TagLinear", "TagLinearConfig", neural=False),
    "tag-templates": ModelKind("tag_templates", "TagTemplates", "TagTemplatesConfig", neural=False),
    "bilstm-tagger": ModelKind("bilstm_tagger", "BiLstmTagger", "BiLstmTaggerConfig"),
    "elmo-tagger": ModelKind("elmo_tagger", "ElmoTagger", "ElmoTaggerConfig"),
    "encoder-tagger": ModelKind("encoder_tagger", "EncoderTagger", "EncoderTaggerConfig"),
    "span-overlap": ModelKind("span_overlap", "SpanOverlap", "SpanOverlapConfig", neural=False),
    "span-encoder": ModelKind("span_encoder", "SpanEncoder", "SpanEncoderConfig"),
    "span-lstm": ModelKind("span_lstm", "SpanLstm", "SpanLstmConfig"),
    "lexical": ModelKind("lexical", "Lexical", "LexicalConfig", neural=False),
    "word-towers": ModelKind("word_towers", "WordTowers", "WordTowersConfig"),
    "dual-encoder": ModelKind("dual_encoder", "DualEncoder", "DualEncoderConfig"),
    "summary-rank": ModelKind("summary_rank", "SummaryRank", "SummaryRankConfig", neural=False),
    "summary-features": ModelKind("summary_features", "SummaryFeatures", "SummaryFeaturesConfig", neural=False),
    "bertsum": ModelKind("bertsum", "BertSum", "BertSumConfig"),
    "bertsum-abs": ModelKind("encoder_decoder", "BertSumAbs", "BertSumAbsConfig"),
    "table-overlap": ModelKind("table_overlap", "TableOverlap", "TableOverlapConfig", neural=False),
    "table-linear": ModelKind("table_linear", "TableLinear", "TableLinearConfig", neural=False),
    "tabert": ModelKind("tabert", "Tabert", "TabertConfig"),
    "pair-encoder": ModelKind("pair_encoder", "PairEncoder", "PairEncoderConfig"),
    "sense-counts": ModelKind("sense_linear", "SenseCounts", "SenseCountsConfig", neural=False),
    "sense-context": ModelKind("sense_linear", "SenseContext", "SenseContextConfig", neural=False),
    "sense-neighbours": ModelKind("sense_encoder", "SenseNeighbours", "SenseNeighboursConfig"),
    "sense-elmo": ModelKind("sense_elmo", "SenseElmo", "SenseElmoConfig"),
    "sense-encoder": ModelKind("sense_encoder", "SenseEncoder", "SenseEncoderConfig"),
}


class Weights(NamedTuple):
    """What a model looked at: (N,) weights of tokens that sum to one in each text, (S,) of sentences or None."""

    tokens: "Tensor"
    sentences: "Tensor | None" = None


def kind_of(recipe: Recipe) -> ModelKind:
    kind = recipe.model.get("kind")
    if kind not in MODELS:
        raise HeadworkError(f"recipe {recipe.name}: model.kind is {kind!r}; expected one of {', '.join(MODELS)}")
    return MODELS[kind]


def config_of(recipe: Recipe) -> Any:
    """The model's settings: its defaults, the size's, the recipe's own. Unknown keys are refused with their path."""
    _, config = kind_of(recipe).load()
    chosen = {**config.SIZES[recipe.size], **{key: value for key, value in recipe.model.items() if key != "kind"}}
    return strictly({"model": chosen}, _nested(config), f"recipe {recipe.name}").model


WIDTHS = ("dim", "hidden", "ff", "width", "units", "filters")
"""settings that say how wide a network is"""


def widths_of(recipe: Recipe) -> dict[str, int]:
    """The widths that can be chosen; those of pretrained weights are given."""
    config = config_of(recipe)
    if getattr(config, "pretrained", ""):
        return {}
    return {name: getattr(config, name) for name in WIDTHS if name in config.__struct_fields__}


def _nested(config: type) -> type:
    """A struct that holds `config` under `model`, so that a refusal names the whole path of the key."""
    import msgspec

    return msgspec.defstruct("Settings", [("model", config)])
