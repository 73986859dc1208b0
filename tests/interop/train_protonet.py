"""From PyTorch to `fewshot` and the same accuracy: trains a small Prototypical Network (Snell et
al. 2017) on the procedural data set, saves it the ways people save networks, imports each file,
and compares accuracies on the same test episodes.

    python tests/interop/train_protonet.py PROGRAM     # run by `cargo xtask interop`
"""

import json
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.torch import save_file
from torch import nn

import pictures

SIZE = 32
STEPS = 100
WAYS, SHOTS, QUERIES = 10, 5, 5
EPISODES = 600
# Of a fraction: a query on the border between two classes may go to either.
TOLERANCE = 2e-4
# What `fewshot import` assumes of pictures in colour, and says.
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


class ProtoNet(nn.Module):
    def __init__(self, width=64):
        super().__init__()
        block = lambda i: nn.Sequential(
            nn.Conv2d(i, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU(), nn.MaxPool2d(2))
        self.encoder = nn.Sequential(block(3), block(width), block(width), block(width))

    def forward(self, images):
        return self.encoder(images).flatten(1)


def read(path):
    """A picture as the network takes it, (3, S, S)."""
    values = np.asarray(Image.open(path), np.float32) / 255
    return torch.from_numpy(((values - MEAN) / STD).astype(np.float32).transpose(2, 0, 1))


def scores(support, queries):
    """Minus squared distances to class means; (N, K, D) and (Q, D) to (Q, N)."""
    return -torch.cdist(queries, support.mean(1)).square()


def train(classes):
    """`classes`: (classes, images, 3, S, S)."""
    model = ProtoNet()
    optimizer = torch.optim.Adam(model.parameters(), 1e-3)
    labels = torch.arange(WAYS).repeat_interleave(QUERIES)
    for _step in range(STEPS):
        drawn = torch.randperm(len(classes))[:WAYS]
        images = torch.stack([
            classes[c][torch.randperm(classes.shape[1])[:SHOTS + QUERIES]] for c in drawn])
        features = model(images.flatten(0, 1)).unflatten(0, (WAYS, SHOTS + QUERIES))
        loss = nn.functional.cross_entropy(
            scores(features[:, :SHOTS], features[:, SHOTS:].flatten(0, 1)), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model.eval(), optimizer


def save(model, optimizer, folder):
    """The ways people save networks: what each is called, and its file."""
    state = model.state_dict()
    shared = nn.DataParallel(model).state_dict()
    torch.save(state, folder / "state_dict.pth")
    torch.save(shared, folder / "data_parallel.pt")
    torch.save({"epoch": 1, "state_dict": state, "optimizer": optimizer.state_dict()},
               folder / "checkpoint.pth.tar")
    torch.save({"epoch": 1, "model_state_dict": shared}, folder / "wrapped_twice.pt")
    torch.save(state, folder / "before_1_6.pth", _use_new_zipfile_serialization=False)
    torch.save(model.encoder.state_dict(), folder / "encoder_alone.pth")
    save_file(state, folder / "state_dict.safetensors")
    return [
        ("state_dict", "state_dict.pth"),
        ("of a module that several GPUs shared", "data_parallel.pt"),
        ("within a checkpoint, with the optimizer", "checkpoint.pth.tar"),
        ("both of these", "wrapped_twice.pt"),
        ("in the format before PyTorch 1.6", "before_1_6.pth"),
        ("of the encoder alone", "encoder_alone.pth"),
        ("as safetensors", "state_dict.safetensors"),
    ]


def accuracies(model, data, episodes):
    """By PyTorch, for each number of shots the mean over the episodes of the file."""
    features, right = {}, {}
    for line in map(json.loads, episodes.read_text().splitlines()):
        named = line["support"] + line["queries"]
        fresh = sorted({name for names in named for name in names} - features.keys())
        if fresh:
            with torch.no_grad():
                made = model(torch.stack([read(data / name) for name in fresh]))
            features.update(zip(fresh, made))
        of = lambda names: torch.stack([torch.stack([features[n] for n in way]) for way in names])
        support, queries = of(line["support"]), of(line["queries"])
        answers = scores(support, queries.flatten(0, 1)).argmax(1)
        truth = torch.arange(len(support)).repeat_interleave(queries.shape[1])
        right.setdefault(line["shots"], []).append((answers == truth).float().mean().item())
    return {shots: float(np.mean(values)) for shots, values in right.items()}


def main(program):
    torch.manual_seed(0)
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        data, weights = folder / "data", folder / "imported.safetensors"
        pictures.fewshot(program, "data", "export", "--to", data, "--size", SIZE)
        classes = [sorted(of_class.iterdir()) for of_class in sorted((data / "train").iterdir())]
        images = torch.stack([torch.stack(list(map(read, paths))) for paths in classes])
        model, optimizer = train(images)
        expected = None
        for what, name in save(model, optimizer, folder):
            pictures.fewshot(program, "import", "--torch", folder / name, "--backbone", "conv4",
                             "--image-size", SIZE, "--precision", "f32", "--out", weights)
            episodes = folder / "episodes.jsonl"
            printed = pictures.fewshot(
                program, "eval", "--weights", weights, "--data", data, "--shots", "1,5",
                "--episodes", EPISODES, "--distance", "l2", "--json", "--episodes-out", episodes)
            if expected is None:
                expected = accuracies(model, data, episodes)
                told = ", ".join(f"{100 * a:.2f} % at {k}-shot" for k, a in expected.items())
                print(f"PyTorch, 5-way, {EPISODES} episodes of test classes: {told}")
            ours = {row["shots"]: row["accuracy"] for row in map(json.loads, printed.splitlines())}
            told = ", ".join(f"{100 * a:.2f} % at {k}-shot" for k, a in ours.items())
            print(f"fewshot, {what} ({name}): {told}")
            for shots, accuracy in ours.items():
                off = abs(accuracy - expected[shots])
                assert off <= TOLERANCE, f"{shots}-shot is off by {100 * off:.2f} points"
        chance = 0.2
        assert min(expected.values()) > 1.5 * chance, "nothing was learned, so nothing is shown"


main(sys.argv[1])
