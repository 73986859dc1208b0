"""Golden values: what PyTorch makes of the learner's networks.

    pip install torch numpy safetensors
    python tests/golden/make_learner.py

Writes encoder, distances, generator and training_step.safetensors beside itself, and
state_dict.safetensors: a PyTorch state_dict that must load without conversion. Inputs and
weights come from formulas on integers, repeated in tests/support/pattern.rs, so that only
results are stored.
"""

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import nn

from make_image import draw

HERE = Path(__file__).parent
# Of the large case every 97th value of a gradient is kept.
STRIDE = 97
CASES = {
    # Black and white: many windows of the first pooling are ties.
    "grey_28": dict(size=28, channels=1, width=6, batch=4, binary=True),
    "colour_32": dict(size=32, channels=3, width=5, batch=4),
    "odd_37": dict(size=37, channels=3, width=3, batch=3),
    "conv4_84": dict(size=84, channels=3, width=64, batch=2),
}


class Learner(nn.Module):
    """Conv-4 and the generator of Wang et al. 2018, under the names the project stores."""

    def __init__(self, channels, width, size, hidden=None):
        super().__init__()
        block = lambda i, o: nn.Sequential(
            nn.Conv2d(i, o, 3, padding=1), nn.BatchNorm2d(o), nn.ReLU(), nn.MaxPool2d(2)
        )
        self.encoder = nn.Sequential(block(channels, width), *(block(width, width) for _ in range(3)))
        self.dim = width * (size // 16) ** 2
        if hidden:
            self.generator = Generator(self.dim, hidden)

    def forward(self, images):
        return self.encoder(images).flatten(1)


class Generator(nn.Module):
    def __init__(self, dim, hidden):
        super().__init__()
        self.linear1 = nn.Linear(2 * dim, hidden)
        self.linear2 = nn.Linear(hidden, hidden)
        self.linear3 = nn.Linear(hidden, dim)

    def forward(self, seeds, noise, residual=False):
        """(N, D) seeds and (N, M, D) noise to (N, M, D), dropout off."""
        seeds = seeds.unsqueeze(1).expand_as(noise)
        hidden = F.relu(self.linear1(torch.cat([seeds, noise], 2)))
        output = self.linear3(F.relu(self.linear2(hidden)))
        return seeds + output if residual else F.relu(output)


def values(salt, shape):
    """`pattern::values`: f32 in -1..1, exact in every language."""
    count = int(np.prod(shape))
    x = (np.arange(1, count + 1, dtype=np.uint64) * 0x9E3779B1 + salt * 0x85EBCA77) & 0xFFFFFFFF
    x = ((x ^ (x >> 15)) * 0x2C1B3C6D) & 0xFFFFFFFF
    x ^= x >> 12
    return torch.from_numpy(((x >> 8).astype(np.float32) / 2**23 - 1).reshape(shape))


def images(case):
    """`pattern::images`: pictures as `draw` of make_image.py makes them, cut from one strip."""
    size, channels, batch = case["size"], case["channels"], case["batch"]
    strip = draw(size, size * batch, channels).reshape(batch, size, size, channels)
    pixels = torch.from_numpy(strip).permute(0, 3, 1, 2).float()
    if case.get("binary"):
        return (pixels > 150).float()
    return pixels / 128 - 1


def fill(module):
    """`pattern::parameters`: the salt is the tensor's place in the order of names."""
    state = {name: t for name, t in module.state_dict().items() if "num_batches" not in name}
    with torch.no_grad():
        for salt, name in enumerate(sorted(state)):
            tensor = state[name]
            drawn = values(salt, tensor.shape)
            if tensor.dim() > 1:
                fan_in = tensor[0].numel()
                drawn = drawn * np.float32(np.sqrt(6 / fan_in))
            elif name.endswith("running_var"):
                drawn = 1 + drawn * np.float32(0.5)
            elif name.endswith(".weight"):
                drawn = 1 + drawn * np.float32(0.25)
            else:
                drawn = drawn * np.float32(0.25)
            tensor.copy_(drawn)
    return module


def save(name, tensors):
    path = HERE / f"{name}.safetensors"
    save_file({name: t.detach().contiguous().clone() for name, t in tensors.items()}, path)
    print(f"{path.name}: {path.stat().st_size} bytes, PyTorch {torch.__version__}")


def encoder():
    out = {}
    for name, case in CASES.items():
        model = fill(Learner(case["channels"], case["width"], case["size"]))
        pictures = images(case)
        out[f"{name}.eval"] = model.eval()(pictures)
        features = model.train()(pictures)
        out[f"{name}.train"] = features
        (features * values(1000, features.shape)).sum().backward()
        stride = STRIDE if case["width"] == 64 else 1
        for parameter, tensor in model.named_parameters():
            out[f"{name}.gradient.{parameter}"] = tensor.grad.flatten()[::stride]
        for buffer, tensor in model.named_buffers():
            if "running" in buffer:
                out[f"{name}.after.{buffer}"] = tensor
    save("encoder", out)


def pairwise(kind, queries, prototypes):
    if kind == "l2":
        return (queries.unsqueeze(1) - prototypes.unsqueeze(0)).square().sum(2)
    if kind == "cosine":
        return 1 - F.cosine_similarity(queries.unsqueeze(1), prototypes.unsqueeze(0), 2, 1e-8)
    return -(queries @ prototypes.T)


def distances():
    out = {}
    for kind in ["l2", "cosine", "dot"]:
        queries = values(1, (7, 12)).requires_grad_()
        prototypes = values(2, (4, 12)).requires_grad_()
        distance = pairwise(kind, queries, prototypes)
        (distance * values(3, (7, 4))).sum().backward()
        out[f"{kind}.distance"] = distance
        out[f"{kind}.queries"] = queries.grad
        out[f"{kind}.prototypes"] = prototypes.grad
    save("distances", out)


def generator():
    out = {}
    for form in ["reference", "residual"]:
        model = fill(Learner(3, 10, 16, hidden=14))
        seeds = values(1, (3, 10)).requires_grad_()
        output = model.generator(seeds, values(2, (3, 5, 10)), form == "residual")
        (output * values(3, output.shape)).sum().backward()
        out[f"{form}.features"] = output
        out[f"{form}.seeds"] = seeds.grad
        for parameter, tensor in model.generator.named_parameters():
            out[f"{form}.generator.{parameter}"] = tensor.grad
    save("generator", out)


def training_step():
    """5-way 1-shot with 2 queries and 3 hallucinations a class, l2, Adam."""
    ways, queries, count = 5, 2, 3
    model = fill(Learner(3, 4, 32, hidden=12)).train()
    start = {f"{name}": t for name, t in model.state_dict().items()}
    save("state_dict", start)
    pictures = images(dict(size=32, channels=3, batch=ways * (1 + queries)))
    # All support pictures, then the queries class by class, in one batch.
    features = model(pictures)
    support, query = features[:ways], features[ways:]
    made = model.generator(support, values(2000, (ways, count, model.dim)))
    prototypes = torch.cat([support.unsqueeze(1), made], 1).mean(1)
    targets = torch.arange(ways).repeat_interleave(queries)
    loss = F.cross_entropy(-pairwise("l2", query, prototypes), targets)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    loss.backward()
    out = {"loss": loss}
    for name, tensor in model.named_parameters():
        out[f"gradient.{name}"] = tensor.grad.clone()
    optimizer.step()
    for name, tensor in model.state_dict().items():
        if "num_batches" not in name:
            out[f"after.{name}"] = tensor
    save("training_step", out)


if __name__ == "__main__":
    torch.manual_seed(0)
    torch.set_num_threads(1)
    encoder()
    distances()
    generator()
    training_step()
