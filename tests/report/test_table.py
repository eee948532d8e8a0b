"""The one table behind page, markdown and terminal."""

from headwork.report.table import Cell, Column, Row, Table


def test_a_brief_table_keeps_what_its_columns_say():
    table = Table(
        columns=[
            Column(title="model", brief="text", align="left"),
            Column(title="accuracy", detail="interval", brief="whole"),
            Column(title="size", detail="parameters", brief="text"),
            Column(title="memory"),
        ],
        rows=[Row(cells=[Cell("han"), Cell("91%", "89–93%"), Cell("5 MB", "1 M"), Cell("9 MB")], marks=["best"])],
    )
    brief = table.brief()
    assert [str(column) for column in brief.columns] == ["model", "accuracy (interval)", "size"]
    assert [str(cell) for cell in brief.rows[0].cells] == ["han", "91% (89–93%)", "5 MB"]
    assert brief.rows[0].marks == ["best"]
