"""`fewshot export` in onnxruntime: features, probabilities, novelty and hallucinated features of
every shipped model and of a ResNet-12, by every head, beside the learner's.

    python tests/interop/onnx_graphs.py PROGRAM        # run by `cargo xtask interop`
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from safetensors.numpy import load_file

import pictures

TOLERANCE = 1e-4
HEADS = [
    [],
    ["--head", "prototype", "--distance", "l2"],
    ["--head", "prototype", "--distance", "cosine"],
    ["--head", "ridge", "--seed", "3"],
]


def session(path):
    """The graph, once ONNX's own checker and shape inference have passed it."""
    onnx.checker.check_model(onnx.load(path), full_check=True)
    return onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])


def answers(program, weights, folder, head):
    """(probabilities, novelty) by `fewshot predict`, a row a picture."""
    printed = pictures.fewshot(program, "predict", "--weights", weights, "--support",
                               pictures.EXAMPLES, "--query", folder, "--json", *head)
    rows = [json.loads(line) for line in printed.splitlines()]
    return [list(row["probabilities"].values()) for row in rows], rows


def hallucinated(graph, weights):
    """The generator of a file, of random seeds, by numpy: what the documents say of it."""
    config, tensors = pictures.config_of(weights), load_file(weights)
    tensors = {name: tensor.astype(np.float32) for name, tensor in tensors.items()}
    generator = config["generator"]
    dim = graph.get_inputs()[0].shape[1]
    rng = np.random.default_rng(0)
    seeds = np.abs(rng.standard_normal((3, dim))).astype(np.float32)
    noise = rng.standard_normal((3, 4, dim)).astype(np.float32)
    given = graph.run(None, {"seeds": seeds, "noise": noise})[0]
    scaled = noise * np.float32(generator["noise_scale"])
    if generator["kind"] == "covariance":
        made = seeds[:, None] + scaled * tensors["generator.covariance.rest"]
    else:
        x = np.concatenate([np.broadcast_to(seeds[:, None], noise.shape), scaled], 2)
        for layer in (1, 2, 3):
            x = x @ tensors[f"generator.linear{layer}.weight"].T
            x = x + tensors[f"generator.linear{layer}.bias"]
            x = np.maximum(x, 0) if layer < 3 else x
        made = seeds[:, None] + x
    if generator.get("unit_length"):
        made = made / np.linalg.norm(made, axis=2, keepdims=True)
    return abs(given - made).max() / abs(made).max()


def main(program):
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        resnet = folder / "resnet12.safetensors"
        pictures.fewshot(program, "import", "--backbone", "resnet12", "--image-size", 84, "--torch",
                         pictures.ROOT / "tests/golden/state_dict_resnet12.safetensors", "--out",
                         resnet)
        shipped = sorted((pictures.ROOT / "weights").glob("*.safetensors"))
        for weights in [*shipped, resnet]:
            compare(program, weights, folder / weights.stem)
        read_as_documented(program, folder)


def read_as_documented(program, folder):
    """answer.py, as docs/interop.md shows it, answers as `fewshot predict` does."""
    weights = pictures.ROOT / "weights/everyday.safetensors"
    who = folder / "who.jpg"
    shutil.copy(next(pictures.EXAMPLES.glob("leaf/*.jpg")), who)
    pictures.fewshot(program, "export", "--weights", weights, "--support", pictures.EXAMPLES,
                     "--onnx", folder / "pets.onnx")
    script = [sys.executable, pictures.HERE / "answer.py"]
    label, share = subprocess.check_output(script, cwd=folder, text=True).split()
    row = json.loads(pictures.fewshot(program, "predict", "--weights", weights, "--support",
                                      pictures.EXAMPLES, "--query", who, "--json"))
    off = abs(row["probabilities"][label] - float(share))
    print(f"answer.py: {label}, as predict says, difference {off:.1e}")
    assert label == row["label"] and off <= TOLERANCE


def compare(program, weights, folder):
    config = pictures.config_of(weights)
    has_generator = "generator" in config
    values = pictures.square(config["image"], folder / "pictures")
    features = pictures.embedded(program, weights, folder / "pictures", folder / "features")
    largest = abs(features).max()
    off = {"features": 0.0, "probabilities": 0.0}
    graph, generator = str(folder / "model.onnx"), str(folder / "generator.onnx")
    for head in HEADS:
        head = head + (["--hallucinate", "5"] if has_generator and head else [])
        extra = ["--generator-onnx", generator] if has_generator else []
        pictures.fewshot(program, "export", "--weights", weights, "--onnx", graph, "--support",
                         pictures.EXAMPLES, *head, *extra)
        run = session(graph)
        given, shares, novelty = run.run(
            ["features", "probabilities", "novelty"], {"pictures": values})
        # The batch is free: one picture by itself gives the same.
        alone = run.run(["features"], {"pictures": values[:1]})[0]
        expected, rows = answers(program, weights, folder / "pictures", head)
        off["features"] = max(off["features"], abs(given - features).max() / largest,
                              abs(alone - features[:1]).max() / largest)
        off["probabilities"] = max(off["probabilities"], abs(shares - expected).max())
        threshold = run.get_modelmeta().custom_metadata_map.get("fewshot.novelty_threshold")
        if threshold is not None:
            told = [row["none_of_these"] for row in rows]
            assert told == list(novelty > float(threshold)), "none of these"
    if has_generator:
        off["hallucinated"] = hallucinated(session(generator), weights)
    name = config["encoder"].get("kind", "conv4")
    print(f"{weights.stem} ({name}), largest differences: "
          + ", ".join(f"{what} {most:.1e}" for what, most in off.items()))
    assert max(off.values()) <= TOLERANCE, f"more than {TOLERANCE}"


main(sys.argv[1])
