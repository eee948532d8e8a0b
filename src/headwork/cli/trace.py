"""headwork trace"""

import click


@click.command()
@click.argument("mechanism", required=False, default="self-attention")
@click.option("--text", metavar="WORDS", default="", help="Words to attend to, with small numbers drawn as vectors.")
@click.option("--score", metavar="NAME", help="As in dot, scaled_dot, additive, cosine:2.")
@click.option("--scope", metavar="NAME", multiple=True, help="As in causal, window:2; several hold together.")
@click.option("--normaliser", metavar="NAME", help="As in softmax, sparsemax, entmax:1.3, top-k:2.")
@click.option("--position", metavar="NAME", multiple=True, help="As in alibi, rotary, shaw:2.")
@click.option("--seed", default=0, show_default=True, help="Of drawn vectors and weights.")
@click.option("--list", "listed", is_flag=True, help="List the mechanisms, scores, scopes, normalisers and positions.")
def trace(mechanism, text, score, scope, normaliser, position, seed, listed) -> None:
    """Print how MECHANISM computes attention, step by step, on a small example.

    From queries, keys and values to scores, weights, products and context vectors. MECHANISM is a worked example
    (self-attention, decoder) or a published mechanism; the options change its score, scope, normaliser or position.
    """
    from dataclasses import replace

    from headwork.attention.choice import AXES
    from headwork.base.errors import HeadworkError
    from headwork.explain.worked import MECHANISMS, worked

    if listed:
        for name, known in {"mechanisms": MECHANISMS, **AXES}.items():
            click.echo(f"{name + ':':13}{', '.join(known)}")
        return
    if mechanism not in MECHANISMS:
        raise HeadworkError(f"no mechanism {mechanism!r}; expected one of {', '.join(MECHANISMS)}")
    asked = {"score": score, "scope": scope, "normaliser": normaliser, "position": position}
    choice = replace(MECHANISMS[mechanism], **{axis: words for axis, words in asked.items() if words})
    scopes, positions = " and ".join(choice.scope), " and ".join(choice.position) or "none"
    shown = worked(mechanism, choice, words=text.split(), seed=seed)
    click.echo(
        f"{mechanism}: score {choice.score}, scope {scopes}, normaliser {choice.normaliser}, position {positions}"
    )
    click.echo(f"\n{shown}")
