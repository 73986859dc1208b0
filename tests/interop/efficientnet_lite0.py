import json
import torch
from efficientnet_lite_pytorch import EfficientNet
from safetensors.torch import safe_open
from torch import nn

file = safe_open("weights/everyday.safetensors", "pt")
config = json.loads(file.metadata()["fewshot.config"])
tensors = {name: file.get_tensor(name).float() for name in file.keys()}
net = nn.ModuleDict({"encoder": EfficientNet.from_name("efficientnet-lite0")}).eval()
net.load_state_dict(tensors, strict=False)
maps = {}
for pooled in config["encoder"]["pooled"]:
    hook = lambda _module, _inputs, output, block=pooled["block"]: maps.update({block: output})
    net["encoder"]._blocks[pooled["block"]].register_forward_hook(hook)


def features(pictures):  # (B, 3, 224, 224), normalised by config["image"]
    parts = [net["encoder"].extract_features(pictures).mean((2, 3))]
    for pooled in config["encoder"]["pooled"]:
        deviation, mean = torch.std_mean(maps[pooled["block"]], (2, 3), correction=0)
        parts += [pooled["mean"] * mean, pooled["deviation"] * deviation]
    powers = torch.cat(parts, 1)
    powers = powers.sign() * powers.abs() ** config["transform"]["whiten"]["exponent"]
    centred = powers - tensors["transform.mean"]
    basis, gains = tensors["transform.whiten.basis"], tensors["transform.whiten.gains"]
    return nn.functional.normalize(centred + (centred @ basis.T * gains) @ basis)
