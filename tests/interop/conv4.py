import json
import torch
from safetensors.torch import safe_open
from torch import nn

file = safe_open("weights/cifar-fs.safetensors", "pt")
config = json.loads(file.metadata()["fewshot.config"])
tensors = {name: file.get_tensor(name).float() for name in file.keys()}
blocks = [nn.Sequential(nn.Conv2d(channels, 64, 3, padding=1), nn.BatchNorm2d(64), nn.ReLU(),
                        nn.MaxPool2d(2)) for channels in (3, 64, 64, 64)]
net = nn.ModuleDict({"encoder": nn.Sequential(*blocks)}).eval()
net.load_state_dict(tensors, strict=False)


def encode(pictures):
    penultimate = net["encoder"][:-1](pictures)
    joined = config["encoder"]["penultimate"] * nn.functional.avg_pool2d(penultimate, 2)
    return torch.cat([net["encoder"][-1](penultimate).flatten(1), joined.flatten(1)], 1)


def features(pictures):  # (B, 3, 32, 32), normalised by config["image"]
    size, by = config["image"]["size"], config["image"]["shift"]
    padded = nn.functional.pad(pictures, [by] * 4, mode="replicate")
    moves = [(by, by), (by, 0), (by, 2 * by), (0, by), (2 * by, by)]
    moved = [padded[:, :, top:top + size, left:left + size] for top, left in moves]
    views = torch.stack([encode(view) for picture in moved for view in (picture, picture.flip(3))])
    powers = views.mean(0) ** config["transform"]["power"]["exponent"]
    return nn.functional.normalize(powers - tensors["transform.mean"])
