"""Tables, questions and statements that are drawn, with answers known by the way they are drawn."""

import csv
import json
import random
from pathlib import Path

NATIONS = ("Norway", "Chad", "Peru", "Fiji", "Nepal", "Cuba")


def medals(number: int) -> tuple[list[str], list[list[str]]]:
    """A table of nations, with a different order and different numbers for each `number`."""
    chance = random.Random(number)
    nations = chance.sample(NATIONS, 5)
    numbers = [chance.sample(range(1, 30), 5) for _ in range(2)]
    rows = [[nation, str(gold), str(points)] for nation, gold, points in zip(nations, *numbers, strict=True)]
    return ["Nation", "Gold", "Points"], rows


def asked_of(number: int) -> list[tuple[str, str]]:
    """Questions with their answers, found without any program."""
    rows = medals(number)[1]
    some = rows[number % 5]
    best = max(rows, key=lambda row: int(row[1]))
    return [
        (f"how many gold did {some[0]} win?", some[1]),
        ("which nation won the most gold?", best[0]),
        ("how many nations are there?", str(len(rows))),
        (f"how many points does {some[0]} have?", some[2]),
    ]


def write_folder(folder: Path, *, tables: int = 24, stem: str = "medals") -> Path:
    """A folder with a csv for each table and questions.csv."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = [("question", "table", "answer")]
    for number in range(tables):
        header, rows = medals(number)
        with (folder / f"{stem}{number}.csv").open("w", newline="") as file:
            csv.writer(file).writerows([header, *rows])
        lines += [(question, f"{stem}{number}.csv", answer) for question, answer in asked_of(number)]
    with (folder / "questions.csv").open("w", newline="") as file:
        csv.writer(file).writerows(lines)
    return folder


def write_facts(folder: Path, *, tables: int = 24) -> Path:
    """A folder with tables.jsonl and questions.jsonl of statements, true and false in turn."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "tables.jsonl").open("w") as file:
        for number in range(tables):
            header, rows = medals(number)
            file.write(json.dumps({"id": f"t{number}", "header": header, "rows": rows}) + "\n")
    with (folder / "questions.jsonl").open("w") as file:
        for number in range(tables):
            rows = medals(number)[1]
            for place, row in enumerate(rows):
                true = (number + place) % 2
                gold = row[1] if true else str(int(row[1]) + 31)
                line = {"statement": f"{row[0]} won {gold} gold", "table": f"t{number}", "label": true}
                file.write(json.dumps(line) + "\n")
    return folder
