from __future__ import annotations

import numpy as np
import pytest

from edgefer.data.audit import phash
from edgefer.data.audit.phash import PLAIN, WINDOWS, Window, blocks, hashes, within
from tests.pictures import pictures


def bits(values):
    return np.unpackbits(values[:, None].view(np.uint8), axis=1)


def distances(left, right):
    return (bits(left) != bits(right)).sum(axis=1)


def test_half_of_the_bits_are_set_and_other_pictures_have_other_hashes():
    found = bits(hashes(pictures(200, 32)))
    assert (found.sum(axis=1) == 32).all()
    apart = [(found[i] != found[j]).sum() for i in range(60) for j in range(i)]
    assert min(apart) > 10
    assert 25 < np.mean(apart) < 39


def test_light_and_contrast_change_no_bit_and_noise_few():
    thumbs = pictures(50, 32)
    dimmer = (thumbs * 0.5 + 20).astype(np.uint8)
    noisy = np.clip(thumbs + np.random.default_rng(1).normal(0, 4, thumbs.shape), 0, 255).astype(np.uint8)
    assert distances(hashes(thumbs), hashes(dimmer)).max() <= 4
    assert distances(hashes(thumbs), hashes(noisy)).max() <= 6


@pytest.mark.parametrize("window", WINDOWS)
def test_the_hash_of_the_mirror_image_needs_no_mirror(window):
    thumbs = pictures(50, 32)
    turned = np.ascontiguousarray(thumbs[:, :, ::-1])
    other = Window(window.y, 1 - window.x, window.side)
    # Sums in another order may turn a bit that is a hair from the median.
    assert distances(hashes(thumbs, window, mirrored=True), hashes(turned, other)).max() <= 2
    assert other in [Window(one.y, 1 - one.x, one.side) for one in WINDOWS]


def test_a_window_sees_what_a_shift_brings_there():
    some = pictures(50, 64)
    plain, shifted = some[:, 16:48, 16:48], some[:, 16:48, 15:47]
    # What stands at column c in the first stands at c + 1 in the second.
    assert distances(hashes(shifted, Window(x=0.5 + 1 / 32)), hashes(plain)).max() <= 2
    assert distances(hashes(shifted, Window(x=0.5 - 1 / 32)), hashes(plain)).mean() > 6


@pytest.mark.parametrize("count", [0, 1, 2, 511, 513, 1100])
@pytest.mark.parametrize("near", ["_near_by_bits", "_near_by_products"])
def test_pairs_within_a_radius_are_those_of_plain_counting(count, near, monkeypatch):
    if near == "_near_by_bits" and not hasattr(np, "bitwise_count"):
        pytest.skip("this numpy does not count bits")
    monkeypatch.setattr(phash, "_near_by_bits", getattr(phash, near))
    source = np.random.default_rng(count)
    # A few hashes and their neighbours, so that there is something to find at every distance.
    centres = source.integers(0, 2**63, 20, np.uint64)
    flips = np.bitwise_or.reduce(np.uint64(1) << source.integers(0, 64, (count, 8), np.uint64), axis=1)
    values = centres[np.arange(count) % 20] ^ flips if count else np.empty(0, np.uint64)
    got = list(within(values, values[::-1].copy()[::-1], 10))
    assert len(got) == blocks(count)
    found = {tuple(pair) for block in got for pair in block.tolist()}
    table = bits(values).astype(np.int32) if count else np.empty((0, 64), np.int32)
    apart = table @ (1 - table).T + (1 - table) @ table.T
    assert found == {(i, j) for i, j in np.argwhere(apart <= 10).tolist() if i < j}
    assert count < 511 or found


def test_the_plain_window_is_among_the_windows():
    assert WINDOWS[0] == PLAIN
    assert len(set(WINDOWS)) == 7
