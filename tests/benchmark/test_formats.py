from __future__ import annotations

import pytest

from edgefer.benchmark import formats


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (formats.milliseconds(0.1234), "0.123"),
        (formats.milliseconds(12.345), "12.35"),
        (formats.milliseconds(123.4), "123"),
        (formats.milliseconds(None), "-"),
        (formats.seconds(1.234), "1.23"),
        (formats.seconds(0.0123), "0.012"),
        (formats.seconds(0.00047), "0.0005"),
        (formats.rate(6250.4), "6,250"),
        (formats.rate(0.0881), "0.088"),
        (formats.megabytes(2_290_000), "2.29"),
        (formats.megabytes(-12_400_000), "-12"),
        (formats.interval(1, 2), " (1.00-2.00)"),
        (formats.interval(1, None), ""),
        (formats.times(0.0123), "0.012x"),
        (formats.times(2.345, 2.2, 2.5), "2.35x (2.20-2.50)"),
        (formats.times(97842), "97,842x"),
        (formats.times(None), "-"),
    ],
)
def test_figures_have_the_digits_that_count(text, expected):
    assert text == expected
