"""Our files in PyTorch: conv4.py and efficientnet_lite0.py, the lines that docs/interop.md shows,
give the features that `fewshot embed` gives.

    python tests/interop/same_features.py PROGRAM      # run by `cargo xtask interop`
"""

import importlib
import os
import sys
import tempfile
from pathlib import Path

import torch

import pictures

TOLERANCE = 1e-4

program = sys.argv[1]
# The lines name files as a reader of the documents would.
os.chdir(pictures.ROOT)
for script, weights in (("conv4", "cifar-fs"), ("efficientnet_lite0", "everyday")):
    lines = importlib.import_module(script)
    image = lines.config["image"]
    with tempfile.TemporaryDirectory() as folder, torch.no_grad():
        folder = Path(folder)
        values = pictures.square(image, folder / "pictures")
        ours = pictures.embedded(
            program, f"weights/{weights}.safetensors", folder / "pictures", folder / "out")
        theirs = lines.features(torch.from_numpy(pictures.normalised(image, values))).numpy()
    off = abs(ours - theirs).max()
    print(f"{weights} by {script}.py: {len(ours)} pictures, {ours.shape[1]} features of length 1, "
          f"largest difference {off:.1e}")
    assert off <= TOLERANCE, f"more than {TOLERANCE}"
