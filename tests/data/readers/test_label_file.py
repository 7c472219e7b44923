from __future__ import annotations

from pathlib import Path

import pytest

from edgefer.data.readers.csv_text import CsvFile
from edgefer.data.readers.label_file import class_number, picture_name, pixels, read_lines, read_table
from edgefer.errors import DataError


def text_file(content: bytes) -> CsvFile:
    Path("list.txt").write_bytes(content)
    return CsvFile(Path("list.txt"), "list.txt", "ask for it")


def test_lines_have_their_numbers_whatever_ends_them():
    content = "\ufeffa b\r\n\r\n  ü c \r\nd".encode()
    assert list(read_lines(text_file(content))) == [(1, "a b"), (3, "ü c"), (4, "d")]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "list.txt is empty. ask for it"),
        (b"\n \r\n", "list.txt is empty"),
        (b"PK\x03\x04...", "is an archive"),
        (b"version https://git-lfs.github.com/spec/v1\n", "Git-LFS pointer"),
        ("a\n".encode("utf-16"), "is not UTF-8 text"),
        (b"good\nb\xff\xfe\n", "list.txt, line 2: this is not UTF-8 text"),
    ],
)
def test_what_is_no_text_is_named(content, words):
    with pytest.raises(DataError, match=words):
        list(read_lines(text_file(content)))


def test_a_table_gives_the_columns_asked_for():
    file = text_file(b'\xef\xbb\xbfImage , x,"Label"\r\n"a, b.jpg",1,2\r\n\r\nc.jpg,3,4,5\r\n')
    assert list(read_table(file, ("label", "image"))) == [(2, ["2", "a, b.jpg"]), (4, ["4", "c.jpg"])]


def test_a_short_row_and_a_missing_column_are_named():
    with pytest.raises(DataError, match=r"list\.txt has no column 'emotion' in its first line"):
        list(read_table(text_file(b"image,label\n"), ("emotion",)))
    with pytest.raises(DataError, match=r"list\.txt, line 3: 1 column\(s\) instead of 2; the file may be cut short"):
        list(read_table(text_file(b"image,label\na.jpg,1\nb.j"), ("image", "label")))


def test_names_stay_within_the_folder():
    assert picture_name("a/b c.jpg") == picture_name("./a\\b c.jpg") == "a/b c.jpg"
    for name in (".", "./", "../../etc/passwd", "/etc/passwd", "a/../../b.jpg", "C:\\x.jpg", "a//b.jpg", "", "a\0.jpg"):
        with pytest.raises(ValueError, match="not a file name within"):
            picture_name(name)


def test_class_numbers_and_coordinates():
    assert [class_number("1", 1, 7), class_number("07", 1, 7)] == [1, 7]
    for text in ("0", "8", "abc", "", "-1", "1.0", "99999999999", "³"):
        with pytest.raises(ValueError, match=r"is not a label 1\.\.7"):
            class_number(text, 1, 7)
    assert [pixels("12"), pixels("12.6"), pixels("-3")] == [12, 13, -3]
    for text in ("NULL", "", "nan", "inf", "1e9"):
        with pytest.raises(ValueError, match="is not a coordinate"):
            pixels(text)
