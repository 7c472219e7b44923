"""Write docs/model-cards.md: from the cards inside the shipped students, their evaluations and their training logs.

python scripts/model_cards.py
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from edgefer.card import ModelCard
from edgefer.paths import sha256, write_text
from edgefer.recipe import tomllib
from edgefer.runtime.find import DEFAULT, shipped_students
from edgefer.runtime.onnx import read_card

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "model-cards.md"
# Pairs of emotions that a card names, most frequent first.
MISTAKES = 6

HEAD = """# Model cards

One card for each student inside edgefer, after Mitchell et al., *Model Cards for Model Reporting* (2019), and one for a
network that was trained and is not shipped. `python scripts/model_cards.py` writes this page from the card inside each
file, from [evaluations](evaluations/README.md) and from the [training logs](training/README.md); a test makes it again: do
not edit it. How the students were found, and what else was tried: [students.md](students.md).

## What holds for all of them

**What they do.** They give each of seven emotion names a probability, from a gray picture of one face. They estimate how a
face looks to people who label pictures. They do not measure what a person feels, wants or is going to do.

**Meant for.** Research on small networks; examples and tests of edgefer; usability sessions with people who know that they
are filmed and agreed, read as a hint where to look in a recording ([sessions.md](sessions.md)).

**Not meant for.** Any decision about a person: hiring, schooling, policing, credit, insurance, border control, medicine,
detection of lies, or attention at work. At work and in education the law of the European Union forbids inferring emotions
(Regulation 2024/1689, article 5, with exceptions for medical and safety reasons); ask a lawyer, not this page. Not for
children, for whom nothing was measured.

**Data.** FER2013 (Goodfellow et al. 2013): 48x48 gray faces gathered by web search, with noisy labels. Training (28,709
faces) taught them; PublicTest (3,589) chose the epoch, so all figures lean to the good side. PrivateTest was not used at
all. No picture of the dataset is in edgefer.

**Licence.** The weights are under the MIT licence, as edgefer is. FER2013 was published without a licence for its images:
take a network trained on it as research material, and train your own for a product.

**Three protocols.** *Official*: all of PublicTest. *Leak-free*: without the faces that are pixel-identical to one of
Training. *Audited*: without near copies, blanks, repetitions and contradicting labels too (`edgefer data audit`). The
last is the most honest figure for new faces, and still about pictures of the same origin.

**Of whom nothing is known.** FER2013 has no age, gender, skin colour, origin, disability or illness, so no figure here is
by group, and none can be. Expect all of them to read some people worse than others, as was shown of other networks that
look at faces (Buolamwini and Gebru, *Gender Shades*, 2018). Not measured either: glasses, masks, beards, heads turned
aside, low light, blur, compression, infrared, faces below 48 pixels (they are enlarged). The seven probabilities sum to 1:
a face that shows none of the seven gets one all the same.

**Verify a file.** `edgefer models ls` prints where the files are. Each hash below is of the whole file:

<!-- tested: tests/test_model_cards_page.py -->

    sha256sum edgefer/students/*.onnx edgefer/students/*.safetensors

`edgefer inspect FILE` prints the card inside, and exits 1 when the file is damaged.
"""

ABOUT = {
    "fer2013-s-best": "The default of `edgefer run` where nothing was trained or built: the most accurate one. Three S and "
    "SE-ResNet-10 taught it, and it began with the weights of the third S.",
    "fer2013-c-best": "The smallest and fastest one, for where S is too slow: Mini-ResEmoteNet C, of which the exact trim "
    "leaves what can matter at 48x48 pixels.",
    "fer2013-s": "Trained without a teacher. `edgefer distill` lets it teach.",
}
NOT_SHIPPED = "fer2013-b"


@dataclass(frozen=True)
class Evidence:
    """What is known of a shipped student: its file, the card inside, and the records of both evaluations."""

    path: Path
    card: ModelCard
    found: dict[str, Any]
    audited: dict[str, Any]


def main() -> None:
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    write_text(PAGE, text())


def text() -> str:
    """The page."""
    names = sorted(shipped_students(), key=lambda name: (name != DEFAULT, list(ABOUT).index(name)))
    return "\n".join([HEAD, *(_section(evidence(name)) for name in names), _unshipped()])


def evidence(name: str) -> Evidence:
    """All of a shipped student."""
    path = shipped_students()[name]
    folder = ROOT / "docs" / "evaluations"
    records = [json.loads((folder / f"{name}{kind}.json").read_text(encoding="utf-8")) for kind in ("", "-audited")]
    return Evidence(path, read_card(path), *records)


def _section(known: Evidence) -> str:
    card = known.card
    parts = [f"## {card.name}", ABOUT[card.name], _facts(known), "### Figures", _protocols(known), _emotions(known)]
    parts += [_reading(known), "### Mistakes", _mistakes(known.found)]
    return "\n\n".join(parts) + "\n"


def _facts(known: Evidence) -> str:
    card, spec, origin = known.card, known.card.input, known.card.provenance
    files = [known.path, known.path.with_suffix(".safetensors")]
    rows = [
        ("architecture", f"`{card.architecture}`, {card.parameters:,} parameters"),
        ("input", f"{spec.colour}, {spec.channels}x{spec.height}x{spec.width}, pixels 0..255; crop margin {spec.crop_margin:g}"),
        ("output", ", ".join(card.labels)),
        ("recipe", f"`{origin.recipe}` ([log](training/{card.name})), epoch {_best(card.name)} of {_epochs(card.name)}"),
        ("taught by", " + ".join(f"`{name}`" for name in origin.teacher.split("+")) if origin.teacher else "nobody"),
        ("began with", f"`{origin.start}`" if origin.start else "random weights"),
        ("trained on", f"{origin.dataset} {origin.splits[0]}; {origin.splits[1]} chose the epoch"),
        *((f"`{file.name}`", f"{file.stat().st_size / 1e6:.2f} MB, SHA-256 `{sha256(file)}`") for file in files),
        ("time for a face", _time(card.name)),
        ("energy", "not measured: it needs a machine with a counter ([benchmarking.md](benchmarking.md#memory-and-energy))"),
    ]  # fmt: skip
    return _table(["", ""], rows)


def _protocols(known: Evidence) -> str:
    rows = [
        ("official", known.found),
        ("leak-free", known.found["second"]),
        ("audited", known.audited["second"]),
    ]
    head = ["protocol", "faces", "accuracy %", "balanced %", "macro F1 %", "ECE %", "NLL", "Brier"]
    lines = []
    for name, one in rows:
        figures = [
            _with_interval(one[key], one["intervals"][key])
            for key in ("accuracy", "balanced_accuracy", "macro_f1", "calibration_error")
        ]
        lines.append(
            (name, f"{one['faces']:,}", *figures, f"{one['negative_log_likelihood']:.3f}", f"{one['brier']:.3f}")
        )
    return _table(head, lines)


def _emotions(known: Evidence) -> str:
    official, free, audited = (
        known.found["emotions"],
        known.found["second"]["emotions"],
        known.audited["second"]["emotions"],
    )
    lines = [
        (
            name, f"{one['faces']}", _with_interval(one["recall"], one["recall_interval"]), _percent(one["precision"]),
            _percent(one["f1"]), _with_interval(free[name]["recall"], free[name]["recall_interval"]),
            _with_interval(audited[name]["recall"], audited[name]["recall_interval"]),
        )
        for name, one in official.items()
    ]  # fmt: skip
    return _table(
        ["emotion", "faces", "recall %", "precision %", "F1 %", "recall %, leak-free", "recall %, audited"], lines
    )


def _reading(known: Evidence) -> str:
    """How to read both tables, and how far its probabilities can be believed."""
    found = known.found
    level, resamples = found["intervals"]["level"], found["intervals"]["resamples"]
    return (
        f"In brackets: {level:.0%} intervals from {resamples:,} resamples of the faces. {found['dataset']} {found['split']}, "
        f"{found['views']}, {found['backend']}; what each figure is: [evaluation.md](evaluation.md). "
        f"{_calibration(found)}"
    )


def _calibration(found: dict[str, Any]) -> str:
    """Whether it is too sure or not sure enough, from the reliability of the official protocol."""
    bins = found["reliability"]
    total = sum(bins["faces"])
    sure = sum(faces * mean for faces, mean in zip(bins["faces"], bins["confidence"], strict=True) if faces) / total
    way = "more" if sure < found["accuracy"] else "less"
    return (
        f"The mean probability of the label that it gives is {_percent(sure)} %, and {_percent(found['accuracy'])} % of these "
        f"labels are right: it is {way} often right than it says."
    )


def _mistakes(found: dict[str, Any]) -> str:
    order, counts = found["confusion"]["order"], found["confusion"]["true_by_predicted"]
    pairs = [(counts[a][b], order[a], order[b]) for a, b in product(range(len(order)), repeat=2) if a != b]
    faces = {name: one["faces"] for name, one in found["emotions"].items()}
    most = sorted(pairs, reverse=True)[:MISTAKES]
    weak = sorted(found["emotions"].items(), key=lambda item: item[1]["recall"])[:2]
    told = "; ".join(f"{true} read as {said}, {count} of {faces[true]} faces" for count, true, said in most)
    return (
        f"The most frequent ones, official protocol: {told}. It finds {weak[0][0]} and {weak[1][0]} least often "
        f"({_percent(weak[0][1]['recall'])} and {_percent(weak[1][1]['recall'])} %)."
    )


def _unshipped() -> str:
    """The network that was trained and left out of the package."""
    record = json.loads((ROOT / "docs" / "training" / NOT_SHIPPED / "record.json").read_text(encoding="utf-8"))
    card = ModelCard.model_validate(record["card"])
    rows = [
        (
            one.protocol,
            f"{one.faces:,}",
            _percent(one.accuracy),
            _percent(one.balanced_accuracy),
            _percent(one.macro_f1),
        )
        for one in card.measured
    ]
    recalls = [(name, _percent(share)) for name, share in card.measured[0].recall.items()]
    parts = [
        f"## {NOT_SHIPPED}, which is not shipped",
        f"Mini-ResEmoteNet B with one gray channel: {card.parameters:,} parameters before the trim, taught by "
        f"{' + '.join(f'`{name}`' for name in card.provenance.teacher.split('+'))} ([log](training/{NOT_SHIPPED}), "
        f"{record['cpu']}, {record['seconds']:,} s). It has more weights than S and reads fewer faces right, so it is not in "
        f"the package; `edgefer distill {NOT_SHIPPED}` makes it. Its run kept no intervals and no calibration error.",
        _table(["protocol", "faces", "accuracy %", "balanced %", "macro F1 %"], rows),
        _table(["emotion", "recall %, official"], recalls),
    ]
    return "\n\n".join(parts) + "\n"


def _time(name: str) -> str:
    """One face in ONNX Runtime on one thread, as the record of edgefer's own speed has it."""
    lines = (ROOT / "docs" / "benchmarks" / "speed.jsonl").read_text(encoding="utf-8").splitlines()
    record = next(record for record in map(json.loads, lines) if record["script"] == "inference")
    ratio = next(one for one in record["ratios"] if one["name"] == f"{name}, batch 1")
    where = f"{record['cpu']}, one thread, {record['date'][:10]}"
    return (
        f"{ratio['ours']:.2f} {ratio['unit']} in ONNX Runtime ({where}; [benchmarks](benchmarks/README.md#inference))"
    )


def _best(name: str) -> int:
    """The epoch that was kept: the first of the best accuracy."""
    lines = (ROOT / "docs" / "training" / name / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    return int(max(map(json.loads, lines), key=lambda line: line["accuracy"])["epoch"])


def _epochs(name: str) -> int:
    recipe = (ROOT / "docs" / "training" / name / "recipe.toml").read_text(encoding="utf-8")
    return int(tomllib.loads(recipe)["train"]["epochs"])


def _with_interval(value: float, ends: list[float] | None) -> str:
    return _percent(value) if ends is None else f"{_percent(value)} ({_percent(ends[0])}-{_percent(ends[1])})"


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.1f}"


def _table(head: list[str], rows: Any) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    main()
