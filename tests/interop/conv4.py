import json
from safetensors.torch import safe_open
from torch import nn

file = safe_open("weights/cifar-fs.safetensors", "pt")
config = json.loads(file.metadata()["fewshot.config"])
tensors = {name: file.get_tensor(name).float() for name in file.keys()}
blocks = [nn.Sequential(nn.Conv2d(channels, 64, 3, padding=1), nn.BatchNorm2d(64), nn.ReLU(),
                        nn.MaxPool2d(2)) for channels in (3, 64, 64, 64)]
net = nn.ModuleDict({"encoder": nn.Sequential(*blocks, nn.Flatten())}).eval()
net.load_state_dict(tensors, strict=False)


def features(pictures):  # (B, 3, 32, 32), normalised by config["image"]
    both = (net["encoder"](pictures) + net["encoder"](pictures.flip(3))) / 2
    powers = both ** config["transform"]["power"]["exponent"]
    return nn.functional.normalize(powers - tensors["transform.mean"])
