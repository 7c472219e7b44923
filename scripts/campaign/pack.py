"""What a campaign leaves, as at most eight files below 16 MB: results, logs, kept answers, trimmed students."""

from __future__ import annotations

import shutil
import tarfile
from pathlib import Path

from campaign.ensemble import PART_BYTES
from campaign.place import Place

FILES = 8
_LOGS = {".log", ".jsonl", ".toml", ".json", ".md", ".txt", ".xml", ".html"}
# A in half precision, for its size.
_HALVED = ("edgefer-a",)


def pack(place: Place, out: Path) -> list[Path]:
    """Copy and compress into `out`, the most valuable first; what would be a ninth file is said and left behind."""
    out.mkdir(parents=True, exist_ok=True)
    results = [place.work / name for name in ("results.md", "results.json") if (place.work / name).is_file()]
    made = [Path(shutil.copyfile(path, out / path.name)) for path in results]
    made.append(_logs(place, out / "logs.tar.xz"))
    answers = sorted(place.answers.glob("answers-*.safetensors"))
    made += [Path(shutil.copyfile(path, out / path.name)) for path in answers]
    made += _students(place, out)
    for path in made[FILES:]:
        print(f"left behind: {path.name}, {path.stat().st_size:,} bytes: one file too many")
        path.unlink()
    for path in made[:FILES]:
        print(f"{path.name} {path.stat().st_size:,}")
    return made[:FILES]


def _logs(place: Place, path: Path) -> Path:
    with tarfile.open(path, "w:xz") as bundle:
        for file in sorted(place.work.rglob("*")):
            inside = file.relative_to(place.work)
            if inside.parts[0] in {"home", "data", "carried", "kept"} or "trial" in inside.parts:
                continue
            if file.is_file() and not file.is_symlink() and file.suffix in _LOGS:
                bundle.add(file, inside)
    return path


def _students(place: Place, out: Path) -> list[Path]:
    """The students' trimmed weights as one archive, cut into parts: `cat students.tar.* | tar x`."""
    from edgefer.models.checkpoint import load, save
    from edgefer.models.trim import trim

    kept = place.work / "kept"
    shutil.rmtree(kept, ignore_errors=True)
    # The smallest first, so that a part that is left behind costs the largest.
    order = ("edgefer-c", "edgefer-c-t4", "edgefer-s", "edgefer-s-t4", "emoxnet-lite", "edgefer-b", "edgefer-a")
    there = [name for name in order if (place.runs / name / "best.safetensors").is_file()]
    archive = place.work / "kept" / "students.tar"
    archive.parent.mkdir(parents=True)
    with tarfile.open(archive, "w") as bundle:
        for name in there:
            network, card = load(place.runs / name / "best.safetensors")
            body = trim(network.body, *card.input.shape)
            trimmed = card.but(trimmed=True, parameters=sum(value.numel() for value in body.parameters()))
            save(kept / f"{name}.safetensors", body.half() if name in _HALVED else body, trimmed)
            bundle.add(kept / f"{name}.safetensors", f"students/{name}.safetensors")
    if not there:
        return []
    parts = []
    with archive.open("rb") as source:
        while part := source.read(PART_BYTES):
            parts.append(out / f"students.tar.{len(parts)}")
            parts[-1].write_bytes(part)
    return parts
