"""Build the Dockerfile's cpu target in a Debian root of another processor, without Docker, and try edgefer in it.

    sudo python scripts/aarch64_smoke.py [--arch arm64|amd64] [--keep FOLDER] [--yunet FILE] [--write docs/devices.md]

Needs mmdebstrap, and for arm64 on another processor qemu-user-static with its binfmt_misc entry (Debian's package enters it).
Each step of the Dockerfile is done in a root made by mmdebstrap from the release that it names: RUN in a chroot with mounts of
its own, COPY from this checkout. Then a clip is drawn, watched and judged by the student inside edgefer. Slow: a quarter of an
hour and more where every program is emulated; PIP_NO_COMPILE=1 saves some of it. With --keep the folder stays, and what is done
in it, by the same steps, is not done again.

--quick PYTHON leaves pip out, which takes longest when it is emulated: uv installs the same versions for that processor from here,
and compiles them by PYTHON, one of this machine with the version of the root's (3.13). Then only edgefer itself is emulated.

DEBIAN_MIRROR (default http://deb.debian.org/debian) is where packages come from; variables PIP_* and *_proxy are handed on, and
--ca FILE has the certificates of a package index of one's own. --write puts the output, with its date, between the page's smoke markers.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from dockerfile import Stage, needed, read

ROOT = Path(__file__).resolve().parent.parent
MIRROR = "http://deb.debian.org/debian"
RELEASES = {"12": "bookworm", "13": "trixie"}
MACHINES = {"arm64": "aarch64", "amd64": "x86_64"}
STUDENT = "/opt/edgefer/lib/python3*/site-packages/edgefer/students/fer2013-s-best.onnx"
SCENE = "demo://?faces=2&seconds=1&size=320x240&fps=10&pace=file"
CERTIFICATES = "/etc/index.crt"
WATCH = "edgefer run --source clip.mp4 --headless --jsonl"
FRAMES = 10
BEGIN, END = "<!-- smoke {arch} -->", "<!-- end of smoke {arch} -->"


@dataclass
class Place:
    """A root file system and what ENV, USER and WORKDIR have set in it."""

    folder: Path
    environment: dict[str, str] = field(default_factory=lambda: {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})
    user: str = "0:0"
    directory: str = "/"
    copied: bool = False  # whether something of the checkout is in it

    def run(self, script: str, *, capture: bool = False) -> subprocess.CompletedProcess[str]:
        """Run a line of shell inside, with /dev and /proc for as long as it takes."""
        root = shlex.quote(str(self.folder))
        inside = f"cd {self.directory} && {script}"
        home = {"HOME": "/root" if self.user == "0:0" else "/home/edgefer", "LANG": "C.UTF-8"}
        if "PIP_NO_COMPILE" in os.environ:
            home["PYTHONPYCACHEPREFIX"] = (
                f"/tmp/compiled-{self.user.split(':')[0]}"  # each module once, not once a command
            )
        variables = [f"{name}={value}" for name, value in {**_handed_on(), **home, **self.environment}.items()]
        # No /sys: it would describe this processor, and ONNX Runtime's look at it ends an emulated program.
        outside = (
            f"mount --rbind /dev {root}/dev && mount -t proc proc {root}/proc && "
            f"exec chroot --userspec={self.user} {root} /usr/bin/env -i {shlex.join(variables)} sh -ec {shlex.quote(inside)}"
        )
        command = ["unshare", "--mount", "--pid", "--fork", "sh", "-ec", outside]
        return subprocess.run(command, capture_output=capture, text=True, check=False, stdin=subprocess.DEVNULL)


def _handed_on() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if re.fullmatch(r"(?i)PIP_\w+|\w+_proxy", name)}


def base(image: str, arch: str, work: Path) -> Path:
    """A root like that of debian:VERSION-slim, as a tar file."""
    tar = work / f"base-{arch}.tar"
    if not tar.exists():
        release = RELEASES[re.fullmatch(r"debian:(\d+)[\d.]*-slim", image)[1]]  # type: ignore[index]
        part = tar.with_suffix(".part.tar")
        mirror = os.environ.get("DEBIAN_MIRROR", MIRROR)
        subprocess.run(
            ["mmdebstrap", "--quiet", "--variant=minbase", f"--architectures={arch}", release, str(part), mirror],
            check=True,
        )
        part.rename(tar)
    return tar


def make(stage: Stage, places: dict[str, Place], arch: str, work: Path, ca: Path | None) -> Place:
    """Do the steps of one stage in a root of its own."""
    place = Place(work / stage.name)
    done, steps = work / f"{stage.name}.done", repr(stage)
    if stage.base in places:
        place.environment = dict(places[stage.base].environment)
    elif ca is not None:
        place.environment["PIP_CERT"] = CERTIFICATES
    before = places.get(stage.base)
    there = kept(stage, before) and done.exists() and done.read_text(encoding="utf-8") == steps
    place.copied = any(step.word == "COPY" for step in stage.steps) or (before is not None and before.copied)
    if not there:
        done.unlink(missing_ok=True)
        begin(stage, place, places, arch, work, ca)
    for step in stage.steps:
        print(f"{stage.name}: {step.word} {step.rest}"[:160], file=sys.stderr, flush=True)
        if step.word == "RUN" and not there and place.run(step.rest).returncode:
            raise SystemExit(f"error: line {step.line} of the Dockerfile fails")
        if step.word == "COPY" and not there:
            copy(step.words, place, places)
        elif step.word == "ENV":
            for pair in step.words:
                name, _, value = pair.partition("=")
                place.environment[name] = value.replace("$PATH", place.environment["PATH"])
        elif step.word == "USER":
            place.user = step.rest
        elif step.word == "WORKDIR":
            place.directory = step.rest
    done.write_text(steps, encoding="utf-8")
    return place


def kept(stage: Stage, before: Place | None) -> bool:
    """Whether what an earlier run did for a stage is as good as new: nothing was made from files that may have changed."""
    if any(step.rest.startswith("--from=") for step in stage.steps) or (before is not None and before.copied):
        return False
    words = [step.word for step in stage.steps if step.word in ("RUN", "COPY")]
    return words == sorted(words, reverse=True)  # each RUN before the first COPY


def begin(stage: Stage, place: Place, places: dict[str, Place], arch: str, work: Path, ca: Path | None) -> None:
    """Fill the root of a stage with what it begins with: another stage, or a fresh Debian."""
    shutil.rmtree(place.folder, ignore_errors=True)
    place.folder.mkdir(parents=True)
    if stage.base in places:
        subprocess.run(["cp", "-a", f"{places[stage.base].folder}/.", str(place.folder)], check=True)
        return
    tar = str(base(stage.base, arch, work))
    subprocess.run(["tar", "-xf", tar, "-C", str(place.folder), "--exclude=./dev/*"], check=True)
    shutil.copyfile("/etc/resolv.conf", place.folder / "etc/resolv.conf")
    if ca is not None:
        shutil.copyfile(ca, place.folder / CERTIFICATES.lstrip("/"))


def copy(words: list[str], place: Place, places: dict[str, Place]) -> None:
    """COPY, from another stage or from the checkout: a folder's content, or files into a folder."""
    source = ROOT
    if words[0].startswith("--from="):
        source = places[words.pop(0).removeprefix("--from=")].folder
    *sources, target = words
    for name in sources:
        start, end = source / name.lstrip("/"), place.folder / target.lstrip("/")
        if start.is_dir():
            ignored = shutil.ignore_patterns("__pycache__", "*.pyc") if source == ROOT else None
            shutil.copytree(start, end, symlinks=True, dirs_exist_ok=True, ignore=ignored)
        else:
            end.mkdir(parents=True, exist_ok=True)
            shutil.copy2(start, end)


def quick(work: Path, stages: list[Stage], arch: str, python: str, ca: Path | None) -> Place:
    """The same environment as the Dockerfile's, installed from this machine into the root of its first stage."""
    first, last = stages[0], stages[-1]
    place = make(first, {}, arch, work, ca)
    version = place.run(
        "python3 -c 'import sys; print(*sys.version_info[:3], sep=chr(46))'", capture=True
    ).stdout.strip()
    minor = ".".join(version.split(".")[:2])
    home = place.folder / "opt/edgefer"
    shutil.rmtree(home, ignore_errors=True)
    (home / "bin").mkdir(parents=True)
    (home / "bin/python3").symlink_to("/usr/bin/python3")
    (home / "pyvenv.cfg").write_text(f"home = /usr/bin\nversion = {version}\n", encoding="utf-8")
    script = home / "bin/edgefer"
    script.write_text("#!/opt/edgefer/bin/python3\nfrom edgefer.cli.main import main\nmain()\n", encoding="utf-8")
    script.chmod(0o755)
    pins = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    (work / "excluded.txt").write_text("opencv-python\n", encoding="utf-8")
    headless = "opencv-python-headless==" + re.findall(r"^opencv-python==(.+)", pins, re.MULTILINE)[0]
    command = ["uv", "pip", "install", "--quiet", "--python", python, "--python-version", minor, "--compile-bytecode"]
    command += [
        "--python-platform",
        f"{MACHINES[arch]}-manylinux_2_40",
        "--only-binary",
        ":all:",
        "--no-binary",
        "edgefer",
    ]
    command += ["--constraints", str(ROOT / "constraints.txt"), "--excludes", str(work / "excluded.txt")]
    command += ["--target", str(home / f"lib/python{minor}/site-packages"), str(ROOT), headless]
    subprocess.run(command, check=True)
    place.user = next(step.rest for step in last.steps if step.word == "USER")
    place.directory = next(step.rest for step in last.steps if step.word == "WORKDIR")
    return place


def smoke(place: Place, arch: str, yunet: Path | None) -> list[tuple[str, str]]:
    """The commands and what they print; ends the script where one fails or sees too little."""
    told = []

    def tell(command: str) -> str:
        done = place.run(command, capture=True)
        if done.returncode:
            raise SystemExit(f"error: {command}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        told.append((command, cleaned(done.stdout + done.stderr)))
        return done.stdout

    machine = tell("python3 -c 'import platform; print(platform.machine(), platform.python_version())'").split()[0]
    if machine != MACHINES[arch]:
        raise SystemExit(f"error: the root is for {machine}, not for {MACHINES[arch]}")
    tell("edgefer doctor --for run --timeout 600")
    tell(f"edgefer inspect {STUDENT}")
    tell(f"edgefer run --source '{SCENE}' --headless --record clip.mp4")
    finders = ["haar"]
    here = place.folder / place.directory.lstrip("/")
    if yunet is not None:
        shutil.copyfile(yunet, here / "yunet.onnx")
        finders.append("yunet --detector-model yunet.onnx")
    for finder in finders:
        name = f"{finder.split()[0]}.jsonl"
        tell(f"{WATCH} {name} --detector {finder}")
        lines = (here / name).read_text(encoding="utf-8").splitlines()
        faces = [face for line in lines for face in json.loads(line)["faces"]]
        if len(lines) != FRAMES or len(faces) < FRAMES or not all(0 < face["score"] <= 1 for face in faces):
            raise SystemExit(f"error: {finder}: {len(faces)} faces in {len(lines)} frames")
    return told


def cleaned(text: str) -> str:
    """Output without what is of this one machine: its kernel, and what ONNX Runtime says of a missing /sys."""
    text = "\n".join(line for line in text.splitlines() if "cpuinfo" not in line)
    return re.sub(r"(, Linux )\S+", r"\1(kernel)", text).rstrip()


def page(told: list[tuple[str, str]], arch: str) -> str:
    """The output for docs/devices.md, between its markers."""
    how = "natively"
    if platform.machine() != MACHINES[arch]:
        version = subprocess.run(
            [f"qemu-{MACHINES[arch]}-static", "--version"], capture_output=True, text=True, check=True
        )
        how = f"emulated by QEMU {version.stdout.split()[2]} on {platform.machine()}"
    today = datetime.datetime.now(datetime.timezone.utc).date()
    lines = [BEGIN.format(arch=arch), "", f"{MACHINES[arch]}, {how}, {today}:", "", "<!-- needs: QEMU, root -->", ""]
    for command, output in told:
        lines += [f"    $ {command}", *(f"    {line}".rstrip() for line in output.splitlines()), ""]
    return "\n".join([*lines, END.format(arch=arch)])


def write(path: Path, text: str, arch: str) -> None:
    """Put the output between its markers in a page that has them."""
    begin, end = BEGIN.format(arch=arch), END.format(arch=arch)
    old = path.read_text(encoding="utf-8")
    head, _, rest = old.partition(begin)
    _, found, tail = rest.partition(end)
    if not found:
        raise SystemExit(f"error: {path} has no markers {begin} and {end}")
    path.write_text(head + text + tail, encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--arch", choices=MACHINES, default="arm64")
    parser.add_argument("--quick", metavar="PYTHON", help="install by uv from this machine, compile by this Python")
    parser.add_argument("--keep", type=Path, help="a folder for the roots, which stays")
    parser.add_argument("--yunet", type=Path, help="YuNet's file, to try that detector as well as Haar")
    parser.add_argument("--ca", type=Path, help="certificates of a package index of one's own")
    parser.add_argument("--write", type=Path, help="the page that gets the output")
    chosen = parser.parse_args()
    if os.geteuid() != 0:
        raise SystemExit("error: a chroot needs root. run it with sudo")
    if shutil.which("mmdebstrap") is None:
        raise SystemExit("error: mmdebstrap is not here. apt install mmdebstrap qemu-user-static")
    if chosen.quick is not None and shutil.which("uv") is None:
        raise SystemExit("error: --quick needs uv. pip install uv")
    entry = Path(f"/proc/sys/fs/binfmt_misc/qemu-{MACHINES[chosen.arch]}")
    if platform.machine() != MACHINES[chosen.arch] and not entry.exists():
        raise SystemExit(
            f"error: the kernel starts no {MACHINES[chosen.arch]} programs. apt install qemu-user-static, "
            f"and: mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc; update-binfmts --enable {entry.name}"
        )
    work = (chosen.keep or Path(tempfile.mkdtemp(prefix="edgefer-smoke-"))).resolve()
    work.mkdir(parents=True, exist_ok=True)
    try:
        stages = needed(read(ROOT / "Dockerfile"), "cpu")
        if chosen.quick is not None:
            place = quick(work, stages, chosen.arch, chosen.quick, chosen.ca)
        else:
            places: dict[str, Place] = {}
            for stage in stages:
                places[stage.name] = place = make(stage, places, chosen.arch, work, chosen.ca)
        text = page(smoke(place, chosen.arch, chosen.yunet), chosen.arch)
    finally:
        if chosen.keep is None:
            shutil.rmtree(work)
    print(text)
    if chosen.write is not None:
        write(chosen.write, text, chosen.arch)


if __name__ == "__main__":
    main()
