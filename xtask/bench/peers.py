"""The peers of `fewshot bench`: the same work in PyTorch and onnxruntime, timed the same way.

`cargo xtask bench` starts this and writes one JSON object a line to it:

    {"what": "train" | "encode" | "episode", "network": "conv4" | "efficientnet-lite0",
     "engine": "eager" | "compiled" | "onnxruntime", "channels_last": bool, "image_size": 84,
     "batch": 64, "threads": 2, "ways": 5, "shots": 5, "queries": 15, "seconds": 1.0}

Each is answered by a line {"ms_per_batch": ...}: the median of repetitions, after a warm-up.
The first line, unasked, is {"torch": VERSION, "onnxruntime": VERSION}. What suits the peers is
done: BatchNorm folded into the
convolutions for encoding, `inference_mode`, gradients set to none, the fused Adam, frozen weights
where PyTorch compiles.
"""

import contextlib
import io
import json
import logging
import statistics
import sys
import tempfile
import time

import onnxruntime
import torch
import torch._inductor.config
import torch.nn.functional as F
from efficientnet_lite_pytorch import EfficientNet
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

# As in trainer/src/commands/bench/clock.rs.
WARM_UP = 2
FEWEST = 3

# What onnx would take from torchvision is not in these networks.
logging.getLogger("torch.onnx").setLevel(logging.ERROR)


def conv4():
    layers = []
    for channels in (3, 64, 64, 64):
        layers += [nn.Conv2d(channels, 64, 3, padding=1), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(2)]
    return nn.Sequential(*layers, nn.Flatten())


def folded_conv4(model):
    """Conv-4 for encoding, without its BatchNorm."""
    layers = list(model.eval())
    kept = []
    for layer, after in zip(layers, layers[1:] + [None]):
        if isinstance(layer, nn.Conv2d):
            layer = fuse_conv_bn_eval(layer, after)
        if not isinstance(layer, nn.BatchNorm2d):
            kept.append(layer)
    return nn.Sequential(*kept)


class EfficientNetLite0(nn.Module):
    """The features of EfficientNet-Lite0, BatchNorm folded, averaged over the map."""

    def __init__(self):
        super().__init__()
        self.network = EfficientNet.from_name("efficientnet-lite0").eval()
        pairs = [(self.network, "_conv_stem", "_bn0"), (self.network, "_conv_head", "_bn1")]
        for block in self.network._blocks:
            pairs += [(block, "_depthwise_conv", "_bn1"), (block, "_project_conv", "_bn2")]
            if hasattr(block, "_expand_conv"):
                pairs.append((block, "_expand_conv", "_bn0"))
        for holder, convolution, norm in pairs:
            folded = fuse_conv_bn_eval(getattr(holder, convolution), getattr(holder, norm))
            setattr(holder, convolution, folded)
            setattr(holder, norm, nn.Identity())

    def forward(self, images):
        return self.network.extract_features(images).mean((2, 3))


def encoder(task):
    if task["network"] == "efficientnet-lite0":
        return EfficientNetLite0().eval()
    return folded_conv4(conv4()).eval()


def train(task, images, layout):
    model = conv4().to(memory_format=layout)

    def step():
        model.zero_grad(set_to_none=True)
        model(images(task["batch"])).square().mean().backward()

    return step


def encode(task, images, layout):
    model = encoder(task).to(memory_format=layout)
    batch = images(task["batch"])
    if task["engine"] == "onnxruntime":
        return encode_onnx(model, batch, task["threads"])
    if task["engine"] == "compiled":
        torch._inductor.config.freezing = True
        model = torch.compile(model)

    def step():
        with torch.inference_mode():
            model(batch)

    return step


def encode_onnx(model, batch, threads):
    with tempfile.NamedTemporaryFile(suffix=".onnx") as file:
        # It prints what it does, and our standard output is for answers.
        with contextlib.redirect_stdout(io.StringIO()):
            program = torch.onnx.export(model, (batch,), dynamo=True, verbose=False)
            program.save(file.name)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        session = onnxruntime.InferenceSession(
            file.name, options, providers=["CPUExecutionProvider"]
        )
    feed = {session.get_inputs()[0].name: batch.numpy()}
    return lambda: session.run(None, feed)


def episode(task, images, layout):
    model = conv4().to(memory_format=layout)
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


made = {}


def made_step(task):
    """What is timed, made once for a task and a setting: compiling takes longer than timing."""
    key = json.dumps(task, sort_keys=True)
    if key not in made:
        torch.manual_seed(0)
        size = task["image_size"]
        layout = torch.channels_last if task["channels_last"] else torch.contiguous_format
        pictures = {}

        def images(count):
            if count not in pictures:
                pictures[count] = torch.randn(count, 3, size, size).to(memory_format=layout)
            return pictures[count]

        made[key] = WORK[task["what"]](task, images, layout)
    return made[key]


def main():
    answer = {"torch": torch.__version__, "onnxruntime": onnxruntime.__version__}
    print(json.dumps(answer), flush=True)
    for line in sys.stdin:
        task = json.loads(line)
        torch.set_num_threads(task["threads"])
        ms = median_ms(made_step(task), task["seconds"])
        print(json.dumps({"ms_per_batch": ms}), flush=True)


if __name__ == "__main__":
    main()
