"""The peer of `fewshot bench`: the same work in PyTorch, timed the same way.

`cargo xtask bench` starts this and writes one JSON object a line to it:

    {"what": "train" | "encode" | "episode", "channels_last": bool, "image_size": 84,
     "batch": 64, "ways": 5, "shots": 5, "queries": 15, "seconds": 1.0}

Each is answered by a line {"ms_per_batch": ...}: the median of repetitions, after a warm-up.
The first line, unasked, is {"torch": VERSION, "threads": N}. The only argument is the number
of threads. What suits PyTorch is done: BatchNorm folded into the convolutions for encoding,
`inference_mode`, gradients set to none, the fused Adam.
"""

import json
import statistics
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

# As in trainer/src/commands/bench/clock.rs.
WARM_UP = 2
FEWEST = 3


def conv4():
    layers = []
    for channels in (3, 64, 64, 64):
        layers += [nn.Conv2d(channels, 64, 3, padding=1), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(2)]
    return nn.Sequential(*layers, nn.Flatten())


def folded(model):
    """Conv-4 for encoding, without its BatchNorm."""
    layers = list(model.eval())
    kept = []
    for layer, after in zip(layers, layers[1:] + [None]):
        if isinstance(layer, nn.Conv2d):
            layer = fuse_conv_bn_eval(layer, after)
        if not isinstance(layer, nn.BatchNorm2d):
            kept.append(layer)
    return nn.Sequential(*kept)


def train(task, images, model):
    def step():
        model.zero_grad(set_to_none=True)
        model(images(task["batch"])).square().mean().backward()

    return step


def encode(task, images, model):
    model = folded(model)

    def step():
        with torch.inference_mode():
            model(images(task["batch"]))

    return step


def episode(task, images, model):
    ways, shots, queries = task["ways"], task["shots"], task["queries"]
    labels = torch.arange(ways).repeat_interleave(queries)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)

    def step():
        features = model(images(ways * (shots + queries)))
        support, query = features.split([ways * shots, ways * queries])
        prototypes = support.view(ways, shots, -1).mean(1)
        distances = torch.cdist(query, prototypes).square()
        loss = F.cross_entropy(-distances, labels)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()

    return step


WORK = {"train": train, "encode": encode, "episode": episode}


def median_ms(step, seconds):
    for _ in range(WARM_UP):
        step()
    measured, started = [], time.perf_counter()
    while len(measured) < FEWEST or time.perf_counter() - started < seconds:
        before = time.perf_counter()
        step()
        measured.append(1e3 * (time.perf_counter() - before))
    return statistics.median(measured)


def run(task):
    torch.manual_seed(0)
    size = task["image_size"]
    layout = torch.channels_last if task["channels_last"] else torch.contiguous_format
    model = conv4().to(memory_format=layout)
    made = {}

    def images(count):
        if count not in made:
            made[count] = torch.randn(count, 3, size, size).to(memory_format=layout)
        return made[count]

    step = WORK[task["what"]](task, images, model)
    return {"ms_per_batch": median_ms(step, task["seconds"])}


def main():
    torch.set_num_threads(int(sys.argv[1]))
    answer = {"torch": torch.__version__, "threads": torch.get_num_threads()}
    print(json.dumps(answer), flush=True)
    for line in sys.stdin:
        print(json.dumps(run(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
