"""Small pictures of every kind that native and browser must read alike.

    pip install pillow numpy
    python tests/browser/make_pictures.py

Writes tests/browser/pictures/: `support/CLASS/` and `queries/`, and in `browser/` what only
browsers read.
"""

import shutil
from pathlib import Path

import numpy as np
from PIL import Image

HERE = Path(__file__).with_name("pictures")
COLOURS = {"leaf": (70, 160, 60), "sand": (220, 190, 120), "sea": (30, 90, 170)}


def draw(name, number, width=72, height=56):
    """Waves in the class's colour, brighter towards one corner, so that a turn shows."""
    y, x = np.mgrid[0:height, 0:width]
    kind = list(COLOURS).index(name)
    wave = np.sin((x * (kind + 1) + y * (number + 1)) / 6)[..., None]
    ramp = ((x / width + y / height) / 2)[..., None]
    values = np.array(COLOURS[name]) * (0.75 + 0.25 * wave) + 60 * ramp - 20
    return Image.fromarray(values.clip(0, 255).astype(np.uint8))


def save(image, path, **options):
    path = HERE / path
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path, **options)


def turned(image, orientation):
    """Options that mark a picture as taken with the camera turned."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    return dict(exif=exif, quality=88)


shutil.rmtree(HERE, ignore_errors=True)
for name in COLOURS:
    save(draw(name, 0), f"support/{name}/plain.png")
    save(draw(name, 1, 90, 64), f"support/{name}/photo.jpg", quality=85)
save(draw("sea", 2).quantize(16), "queries/palette.png")
save(draw("leaf", 2).convert("L"), "queries/grey.png")
save(draw("sand", 3).convert("L"), "queries/grey.jpg", quality=90)
save(draw("sea", 3, 121, 47), "queries/progressive.jpg", quality=80, progressive=True)
save(draw("sand", 4, 64, 96), "queries/fine.jpg", quality=95, subsampling=0)
for orientation in range(2, 9):
    image = draw("leaf", orientation, 80, 50)
    save(image, f"queries/turned{orientation}.jpg", **turned(image, orientation))
alpha = draw("sand", 5)
alpha.putalpha(Image.linear_gradient("L").resize(alpha.size))
save(alpha, "queries/alpha.png")
save(alpha.convert("LA"), "queries/grey-alpha.png")
deep = np.asarray(draw("sea", 5).convert("L")).astype(np.uint16) * 257
save(Image.fromarray(deep), "queries/deep.png")
for kind in ("avif", "bmp", "gif", "webp"):
    save(draw("sea", 5, 40, 32), f"browser/small.{kind}")
total = sum(path.stat().st_size for path in HERE.rglob("*.*"))
print(f"{total} bytes, Pillow {Image.__version__}")
