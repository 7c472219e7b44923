from __future__ import annotations

from edgefer.engine.share import Share


def test_phases_inside_phases_make_one_share():
    share, seen = Share(), []
    share.start("build", None, 2)
    share.advance("build", 0)
    seen.append(share.percent)  # half of it
    share.start("inner", "build", 5)
    for step in range(5):
        share.advance("inner", step)
        seen.append(share.percent)
    share.finish("inner")
    share.advance("build", 1)
    assert seen == [50, 60, 70, 80, 90, 99]  # the last point waits for the end
    assert share.percent == 99
    share.finish("build")
    assert share.percent == 100


def test_the_share_never_falls_and_ends_at_the_whole():
    share, before = Share(), 0
    share.start("build", None, 3)
    for phase in ("a", "b", "c", "d"):
        share.start(phase, "build", 4)
        for step in range(4):
            share.advance(phase, step)
            assert before <= share.percent < 100
            before = share.percent
        share.finish(phase)
    share.advance("unknown phase", 1)
    share.finish("unknown phase")
    share.finish("build")
    assert share.percent == 100
