"""Tiny datasets in the layouts that their authors use: each picture is one colour, so that a face tells its row."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

JPEG = [cv2.IMWRITE_JPEG_QUALITY, 100]


def paint(path: Path, shade: int, size: tuple[int, int] = (20, 20)) -> Path:
    """Write a picture whose red is `shade` and whose blue is the rest to 255."""
    picture = np.empty((*size, 3), np.uint8)
    picture[:] = (255 - shade, 60, shade)  # BGR
    return write(path, picture)


def paint_gray(path: Path, shade: int, size: tuple[int, int] = (20, 20)) -> Path:
    return write(path, np.full(size, shade, np.uint8))


def write(path: Path, picture: np.ndarray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    ok, data = cv2.imencode(path.suffix, picture, JPEG if path.suffix.lower() in (".jpg", ".jpeg") else [])
    assert ok
    path.write_bytes(data.tobytes())
    return path


def shades(faces: np.ndarray) -> list[int]:
    """What `paint` was told, of RGB faces `[N, H, W, 3]`, to within JPEG's loss a multiple of 10."""
    return [round(float(face[..., 0].mean()) / 10) * 10 for face in faces]


def rafdb(root: Path) -> Path:
    """`basic/` with two training faces and two test faces; labels 5, 1, 4, 7; shades 10, 20, 30, 40."""
    names = {"train_00001": 5, "train_00002": 1, "test_0001": 4, "test_0002": 7}
    labels = root / "basic" / "EmoLabel"
    labels.mkdir(parents=True)
    lines = [f"{name}.jpg {label}" for name, label in names.items()]
    (labels / "list_patition_label.txt").write_text("\n".join(lines) + "\n")
    for index, name in enumerate(names, start=1):
        paint(root / "basic" / "Image" / "aligned" / f"{name}_aligned.jpg", 10 * index, (100, 100))
    return root / "basic"


def rafdb_kaggle(root: Path, lists: bool = True) -> Path:
    """The Kaggle copy of the same faces."""
    every = {"train": {"train_00001": 5, "train_00002": 1}, "test": {"test_0001": 4, "test_0002": 7}}
    shade = 0
    for folder, names in every.items():
        for name, label in names.items():
            shade += 10
            paint(root / "DATASET" / folder / str(label) / f"{name}_aligned.jpg", shade, (100, 100))
        rows = [f"{name}_aligned.jpg,{label}" for name, label in names.items()]
        if lists:
            (root / f"{folder}_labels.csv").write_text("\n".join(["image,label", *rows]) + "\n")
    return root


AFFECTNET_HEADER = (
    "subDirectory_filePath,face_x,face_y,face_width,face_height,facial_landmarks,expression,valence,arousal"
)


def affectnet_csv(root: Path) -> Path:
    """Five training rows (0 Neutral, 7 Contempt, 8 None, 10 No-Face, 1 Happy without a box) and one of validation."""
    rows = {
        "training.csv": [
            ("1/a.jpg", "30,20,40,40", 0),
            ("1/b.jpg", "0,0,60,60", 7),
            ("2/c.jpg", "0,0,60,60", 8),
            ("2/d.jpg", "NULL,NULL,NULL,NULL", 10),
            ("2/e.jpg", "0,0,-1,-1", 1),
        ],
        "validation.csv": [("3/f.png", "10.0,10.0,50.0,50.0", 6)],
    }
    shade = 0
    lists = root / "Manually_Annotated_file_lists"
    lists.mkdir(parents=True)
    for name, faces in rows.items():
        for file, _box, _label in faces:
            shade += 10
            # Around the face of the first row all is white.
            path = paint(root / "Manually_Annotated_Images" / file, shade, (100, 120))
            if file == "1/a.jpg":
                picture = np.full((100, 120, 3), 255, np.uint8)
                picture[20:60, 30:70] = (255 - shade, 60, shade)
                write(path, picture)
        lines = [f"{file},{box},1.0;2.0;3.0,{label},-0.5,0.5" for file, box, label in faces]
        (lists / name).write_text("\n".join([AFFECTNET_HEADER, *lines]) + "\n")
    return root


def affectnet_npy(root: Path) -> Path:
    """Training pictures 2, 10 and 11 (1 Happy, 7 Contempt as text, 9 Uncertain), validation picture 0 (3 Surprise)."""
    rows = {"train_set": {2: np.int64(1), 10: np.array("7"), 11: np.array(9)}, "val_set": {0: np.array(["3"])}}
    shade = 0
    for folder, labels in rows.items():
        (root / folder / "annotations").mkdir(parents=True)
        for number, label in labels.items():
            shade += 10
            paint(root / folder / "images" / f"{number}.jpg", shade, (224, 224))
            np.save(root / folder / "annotations" / f"{number}_exp.npy", label)
            np.save(root / folder / "annotations" / f"{number}_val.npy", np.float64(0.5))
    return root


def expw(root: Path, pictures: int = 40) -> Path:
    """Pictures of 60 x 80 with two faces each, one in the left half and one in the right; emotions 0 to 6 in turn."""
    lines = []
    for index in range(pictures):
        name = f"some face_{index}.jpg"
        picture = np.full((60, 80, 3), 255, np.uint8)
        for face in range(2):
            top, left = 10, 5 + 40 * face
            picture[top : top + 30, left : left + 30] = 10 * (1 + (2 * index + face) % 20)
            confidence = 5.5 if index == 0 else 60.25
            label = (2 * index + face) % 7
            lines.append(f"{name} {face} {top} {left} {left + 30} {top + 30} {confidence} {label}")
        write(root / "origin" / name, picture)
    (root / "label.lst").write_text("\n".join(lines) + "\n")
    return root


def class_folders(root: Path, classes: dict[str, int], gray: bool = False, size: tuple[int, int] = (20, 20)) -> Path:
    """`classes`: folder -> number of pictures in it."""
    for place, (folder, count) in enumerate(classes.items()):
        (root / folder).mkdir(parents=True)
        for index in range(count):
            (paint_gray if gray else paint)(root / folder / f"{index:03}.png", 10 * (place + 1), size)
    return root
