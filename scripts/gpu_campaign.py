"""The GPU campaign: full-strength training and real GPU numbers, in steps that are gone on with after any stop.

    python scripts/gpu_campaign.py all --seconds 530      the steps that are not done, in order of value; then the table
    python scripts/gpu_campaign.py all --only benchmark   one of them
    python scripts/gpu_campaign.py all --toy              a rehearsal: everything tiny, on drawn faces, on any machine
    python scripts/gpu_campaign.py steps                  what there is, and how far it is
    python scripts/gpu_campaign.py pack --out DIR         what is worth keeping, at most 8 files below 16 MB
    python scripts/gpu_campaign.py again NAME             forget that a step was done or failed

    python scripts/gpu_campaign.py parcels --store data/fer2013 --out DIR     faces as parcels that can be carried
    python scripts/gpu_campaign.py accept DIR/0                               take one in, on the other machine
    python scripts/gpu_campaign.py accept PACKED                              the kept answers of a campaign before

Everything is in runs/campaign (`--work`). docs/gpu-campaign.md says what it takes and what comes back.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

from campaign import plan
from campaign.pack import pack
from campaign.parcels import accept, accept_answers, pack_parcels
from campaign.place import Place


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=Path("runs/campaign"), help="its folder")
    commands = parser.add_subparsers(dest="command", required=True)
    everything = commands.add_parser("all", help="run what is not done")
    everything.add_argument("--seconds", type=float, default=plan.LONGEST, help="for all of it together")
    everything.add_argument("--only", metavar="STEP,STEP", default="", help="these steps alone")
    everything.add_argument("--toy", action="store_true", help="a rehearsal at toy size")
    commands.add_parser("steps", help="list the steps")
    again = commands.add_parser("again", help="forget a step")
    again.add_argument("step", choices=plan.NAMES)
    packing = commands.add_parser("pack", help="what is worth keeping")
    packing.add_argument("--out", type=Path, required=True)
    parcels = commands.add_parser("parcels", help="faces and other files as parcels")
    parcels.add_argument("--store", type=Path, action="append", default=[], help="a prepared store; repeat it")
    parcels.add_argument(
        "--file", type=Path, action="append", default=[], help="another file or folder, such as wheels"
    )
    parcels.add_argument("--out", type=Path, required=True)
    parcels.add_argument("--megabytes", type=float, default=30.0, help="of one parcel at most")
    accepting = commands.add_parser("accept", help="take in a parcel, or the answers of a pack")
    accepting.add_argument("parcel", type=Path)
    arguments = parser.parse_args()
    toy = getattr(arguments, "toy", False)
    place = Place(arguments.work.resolve(), toy)
    place.work.mkdir(parents=True, exist_ok=True)
    sys.exit(run(place, arguments, parser))


def run(place: Place, arguments: argparse.Namespace, parser: argparse.ArgumentParser) -> int:
    """What one command does; the exit code."""
    if arguments.command == "all":
        wanted = [name for name in arguments.only.split(",") if name] or list(plan.NAMES)
        if unknown := [name for name in wanted if name not in plan.NAMES]:
            parser.error(f"no step is named {unknown[0]}; there is {', '.join(plan.NAMES)}")
        before = place.read("campaign.json", {"toy": place.toy})
        if before["toy"] != place.toy:
            parser.error(f"{place.work} is {'a toy' if before['toy'] else 'no toy'} campaign: name another --work")
        place.write("campaign.json", {"toy": place.toy})
        return 0 if plan.run(place, arguments.seconds, wanted) else 1
    if arguments.command == "steps":
        state = place.read(plan.STATE, {})
        for step in plan.STEPS:
            print(f"{step.name:14} {state.get(step.name, {}).get('status', '-'):11} {step.seconds:4} s  {step.makes}")
    elif arguments.command == "again":
        state = place.read(plan.STATE, {})
        state.pop(arguments.step, None)
        place.write(plan.STATE, state)
    elif arguments.command == "pack":
        pack(place, arguments.out)
    elif arguments.command == "parcels":
        for parcel in pack_parcels(arguments.store, arguments.file, arguments.out, arguments.megabytes):
            size = sum(file.stat().st_size for file in parcel.iterdir())
            print(f"{parcel}: {size / 1e6:.1f} MB, {', '.join(sorted(file.name for file in parcel.iterdir()))}")
    elif not (arguments.parcel / "parcels.json").is_file():
        names = accept_answers(place, arguments.parcel)
        if not names:
            parser.error(f"{arguments.parcel} holds neither a parcel nor kept answers")
        plan.carried(place, ("teachers", "targets"), f"{', '.join(names)} carried here")
        print(f"the ensemble's answers are here: {', '.join(names)}")
    else:
        waiting = accept(place, arguments.parcel)
        print(f"still to come: {', '.join(waiting)}" if waiting else "everything is here")
        print(f"{shutil.disk_usage(place.work).free / 1e9:.0f} GB are free")
    return 0


if __name__ == "__main__":
    main()
