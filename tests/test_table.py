from __future__ import annotations

from edgefer.table import text_table


def test_texts_are_flush_left_and_numbers_flush_right():
    assert (
        text_table(["name", "ms"], [["a", "1.5"], ["longer", "12.25"]]) == "name       ms\na         1.5\nlonger  12.25"
    )


def test_a_short_row_ends_in_a_text_that_widens_no_column():
    lines = text_table(["name", "ms", "faces"], [["a", "1", "2"], ["b", "needs a very long explanation"]]).splitlines()
    assert lines[1] == "a      1      2"
    assert lines[2] == "b     needs a very long explanation"


def test_lines_have_no_trailing_spaces():
    assert all(line == line.rstrip() for line in text_table(["a", "b"], [["x", ""], ["y", "1"]]).splitlines())
