"""Golden pixels: what Pillow makes of pictures that a formula draws.

    pip install pillow numpy safetensors
    python tests/golden/make_image.py

Writes tests/golden/image.safetensors: for each case the tensor `NAME`, (S, S, C)
u8, and in the metadata its JSON: width, height, format, channels, resize, size,
invert. The pictures themselves are not stored; `draw` below is repeated in
tests/golden/image.rs and in the browser test.
"""

import json
from pathlib import Path

import numpy as np
import safetensors.numpy
from PIL import Image

CASES = {
    "photo": dict(width=317, height=211, format="rgb8", channels=3, resize=92, size=84),
    "portrait": dict(width=90, height=160, format="rgb8", channels=3, resize=32, size=32),
    "upscaled": dict(width=19, height=23, format="rgb8", channels=3, resize=32, size=28),
    "transparent": dict(width=75, height=64, format="rgba8", channels=3, resize=36, size=32),
    "grey_of_colour": dict(width=64, height=64, format="rgb8", channels=1, resize=28, size=28),
    "ink": dict(width=105, height=105, format="l8", channels=1, resize=28, size=28, invert=True),
    "colour_of_grey": dict(width=50, height=41, format="l8", channels=3, resize=32, size=32),
}


def draw(width, height, channels):
    """Waves, edges and noise from integers alone, the same in every language."""
    x, y, c = np.meshgrid(np.arange(width), np.arange(height), np.arange(channels), indexing="xy")
    noise = (((x * 73856093) ^ (y * 19349663) ^ (c * 83492791)) & 0xFFFFFFFF) >> 3 & 63
    edge = ((x // 13 + y // 7 + c) % 2) * 90
    ramp = (x * (c + 2) + y * 3) % 103
    return (noise + edge + ramp).astype(np.uint8)


def prepare(array, case):
    image = Image.fromarray(array.squeeze(-1) if array.shape[2] == 1 else array)
    if image.mode == "RGBA":
        white = Image.new("RGB", image.size, (255, 255, 255))
        white.paste(image.convert("RGB"), mask=image.getchannel("A"))
        image = white
    image = image.convert("L" if case["channels"] == 1 else "RGB")
    width, height = image.size
    resize, size = case["resize"], case["size"]
    if width <= height:
        width, height = resize, resize * height // width
    else:
        width, height = resize * width // height, resize
    image = image.resize((width, height), Image.Resampling.BILINEAR)
    left, top = round((width - size) / 2), round((height - size) / 2)
    array = np.asarray(image.crop((left, top, left + size, top + size))).reshape(size, size, -1)
    return 255 - array if case.get("invert") else array


def main():
    tensors, metadata = {}, {}
    for name, case in CASES.items():
        channels = {"l8": 1, "rgb8": 3, "rgba8": 4}[case["format"]]
        array = draw(case["width"], case["height"], channels)
        tensors[name] = np.ascontiguousarray(prepare(array, case))
        metadata[name] = json.dumps({"invert": False, **case}, sort_keys=True)
    path = Path(__file__).with_name("image.safetensors")
    safetensors.numpy.save_file(tensors, path, metadata)
    print(f"{path.name}: {path.stat().st_size} bytes, Pillow {Image.__version__}")


if __name__ == "__main__":
    main()
