"""What the scripts here share: the `fewshot` command, and pictures as a model takes them."""

import json
import subprocess
from pathlib import Path

import numpy as np
from PIL import Image
from safetensors.numpy import load_file

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
EXAMPLES = ROOT / "tests/browser/pictures/support"


def fewshot(program, *arguments):
    """Runs the command and returns what it printed."""
    run = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True)
    if run.returncode != 0:
        raise SystemExit(f"fewshot {' '.join(map(str, arguments))}\n{run.stderr}")
    return run.stdout


def square(image, folder):
    """Writes the examples as squares of the model's size into `folder`, where nothing is left to
    resize, and returns them as values from 0 to 255, (B, C, S, S), in the order of their names."""
    folder.mkdir(parents=True)
    values = []
    for number, path in enumerate(sorted(EXAMPLES.glob("*/*.*"))):
        picture = Image.open(path).convert("L" if image["channels"] == 1 else "RGB")
        # Cut from a larger one where the model cuts, so that both ways end in the same pixels.
        side, cut = image["resize"], round((image["resize"] - image["size"]) / 2)
        picture = picture.resize((side, side), Image.BILINEAR)
        picture.save(folder / f"{number:02}.png")
        picture = picture.crop((cut, cut, cut + image["size"], cut + image["size"]))
        pixels = np.asarray(picture, np.float32).reshape(image["size"], image["size"], -1)
        values.append(pixels.transpose(2, 0, 1))
    return np.stack(values)


def normalised(image, values):
    """What a model's configuration asks for, of values from 0 to 255."""
    values = (255 - values if image["invert"] else values) / 255
    mean, std = (np.float32(image[key]).reshape(-1, 1, 1) for key in ("mean", "std"))
    return ((values - mean) / std).astype(np.float32)


def embedded(program, weights, folder, out):
    """The learner's features of the pictures in `folder`."""
    fewshot(program, "embed", "--weights", weights, "--images", folder, "--out", out)
    return load_file(out)["features"]


def config_of(weights):
    """The configuration in a file of weights."""
    with open(weights, "rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
    return json.loads(header["__metadata__"]["fewshot.config"])
