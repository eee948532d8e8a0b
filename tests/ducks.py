"""Sentences with the word duck in three senses, marked as a user marks them; and a table of them."""

from pathlib import Path

DUCKS = {
    "bird": """
        A mother [duck] led her chicks across the pond.
        The [duck] swam away when the dog barked.
        We fed a hungry [duck] with oats at the lake.
        A wild [duck] flew over the reeds at dawn.
        The [duck] quacked and shook the water from its feathers.
        Every [duck] on the farm lays an egg a day.
        The hunter saw a [duck] land on the river.
        A [duck] built its nest in the grass by the canal.
        Roast [duck] with orange was on the menu.
        The white [duck] waddled after the geese.
        A swan is larger than a [duck], said the keeper.
        The [duck] dived for weeds and came up again.
        Its beak showed that the [duck] was a young male.
        The [duck] and the heron share the same marsh.
    """,
    "cloth": """
        His jacket was sewn from cotton [duck] and lined with wool.
        The sails were made of heavy [duck].
        A bag of white [duck] keeps its shape when it is washed.
        The tailor cut the trousers from a roll of [duck].
        Painters stretch [duck] over a wooden frame.
        Linen is softer than [duck], which is a stiff fabric.
        The tent was of waterproof [duck] with brass eyelets.
        Workers wore aprons of brown [duck].
        The mill weaves denim, twill and [duck].
        She bought three yards of [duck] to cover the chairs.
        Shoes of canvas and [duck] dry quickly.
        The old [duck] of the awning was faded by the sun.
        A needle for leather goes through [duck] as well.
        The coat is of [duck], dyed and waxed.
    """,
    "lower": """
        You must [duck] or you will hit your head.
        He had to [duck] under the low beam.
        Tall people [duck] when they enter the cellar.
        The boxer tried to [duck], but the punch was too fast.
        We saw the ball coming and had just time to [duck].
        They [duck] behind the wall whenever a shot is heard.
        Please [duck] your head as you climb aboard.
        She managed to [duck] before the branch struck her.
        The children [duck] under the table during the storm.
        I always [duck] when a bat flies at me.
        Soldiers learn to [duck] at the first whistle.
        He could [duck] and weave faster than his opponent.
        Do not stand up yet, [duck] until they have passed.
        The driver had to [duck] low to see the road sign.
    """,
}


def write_ducks(path: Path) -> Path:
    """A csv with the columns text and sense."""
    rows = [f'"{line.strip()}",{sense}\n' for sense, lines in DUCKS.items() for line in lines.strip().splitlines()]
    path.write_text("text,sense\n" + "".join(rows))
    return path
