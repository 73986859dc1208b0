"""Golden values: what PyTorch makes of ResNet-12 and EfficientNet-Lite0.

    pip install torch numpy safetensors efficientnet-lite-pytorch
    python tests/golden/make_backbones.py

Writes backbones.safetensors beside itself, and state_dict_resnet12.safetensors: a small ResNet-12
as PyTorch's users save one, for the tests that open such files. Inputs and weights come from the formulas of
make_learner.py, so that only results are stored; EfficientNet-Lite0 is that package's.
"""

import torch
import torch.nn.functional as F
from efficientnet_lite_pytorch import EfficientNet
from torch import nn

from make_learner import fill, images, save, values

# Of a gradient every 31st value is kept.
STRIDE = 31
RESNETS = {
    "resnet12_32": dict(size=32, channels=3, batch=3, widths=(6, 10, 14, 20)),
    "resnet12_37": dict(size=37, channels=1, batch=2, widths=(5, 4, 7, 9)),
}
GRADIENTS = ["layer1.0.conv1.weight", "layer2.0.conv2.weight", "layer3.0.bn3.bias",
             "layer4.0.downsample.0.weight"]
EFFICIENTNETS = {
    "efficientnet_64": dict(size=64, channels=3, batch=2, pooled=(4, 14)),
    # Odd maps on the way: 75, 38, 19, 10, 5, 3.
    "efficientnet_75": dict(size=75, channels=3, batch=1, pooled=()),
}


class Block(nn.Module):
    """Tian et al. 2020's block, with their names."""

    def __init__(self, i, o):
        super().__init__()
        for number, channels in enumerate((i, o, o), 1):
            setattr(self, f"conv{number}", nn.Conv2d(channels, o, 3, padding=1, bias=False))
            setattr(self, f"bn{number}", nn.BatchNorm2d(o))
        self.downsample = nn.Sequential(nn.Conv2d(i, o, 1, bias=False), nn.BatchNorm2d(o))

    def forward(self, x):
        out = F.leaky_relu(self.bn1(self.conv1(x)), 0.1)
        out = F.leaky_relu(self.bn2(self.conv2(out)), 0.1)
        out = self.bn3(self.conv3(out)) + self.downsample(x)
        return F.max_pool2d(F.leaky_relu(out, 0.1), 2)


class ResNet12(nn.Module):
    def __init__(self, channels, widths):
        super().__init__()
        for number, (i, o) in enumerate(zip((channels, *widths), widths), 1):
            setattr(self, f"layer{number}", nn.Sequential(Block(i, o)))

    def forward(self, x):
        for number in range(1, 5):
            x = getattr(self, f"layer{number}")(x)
        return x.mean((2, 3))


class Learner(nn.Module):
    """A backbone under the name the project stores it by."""

    def __init__(self, encoder):
        super().__init__()
        self.encoder = encoder


def resnet12(name, case):
    model = fill(Learner(ResNet12(case["channels"], case["widths"])))
    pictures = images(case)
    out = {f"{name}.eval": model.eval().encoder(pictures)}
    features = model.train().encoder(pictures)
    out[f"{name}.train"] = features
    (features * values(1000, features.shape)).sum().backward()
    for parameter, tensor in model.encoder.named_parameters():
        if parameter in GRADIENTS:
            out[f"{name}.gradient.encoder.{parameter}"] = tensor.grad.flatten()[::STRIDE]
    running = "layer4.0.downsample.1.running_var"
    out[f"{name}.after.encoder.{running}"] = model.encoder.get_buffer(running)
    return out


def efficientnet(name, case):
    network = EfficientNet.from_name("efficientnet-lite0", image_size=case["size"])
    network._fc = nn.Identity()
    network = fill(Learner(network)).eval().encoder
    outputs = {}
    for index in case["pooled"]:
        network._blocks[index].register_forward_hook(
            lambda _module, _inputs, output, index=index: outputs.update({index: output})
        )
    with torch.no_grad():
        maps = [network.extract_features(images(case))]
    maps += [outputs[index] for index in case["pooled"]]
    return {f"{name}.eval": torch.cat([m.mean((2, 3)) for m in maps], 1)}


if __name__ == "__main__":
    results = {}
    for name, case in RESNETS.items():
        results.update(resnet12(name, case))
    for name, case in EFFICIENTNETS.items():
        results.update(efficientnet(name, case))
    save("backbones", results)
    small = fill(Learner(ResNet12(3, (4, 6, 8, 10)))).state_dict()
    save("state_dict_resnet12", {name: t for name, t in small.items() if t.is_floating_point()})
