"""Small networks as PyTorch saves them, for the tests of `fewshot import`.

    pip install torch numpy safetensors efficientnet-lite-pytorch
    PYTHONPATH=tests/golden python tests/cli/torch/make.py

Writes beside itself: Conv-4 as the state_dict within a training checkpoint, of a module that
several GPUs shared; the same in the stream that PyTorch wrote before 1.6; and ResNet-12 with
half precision and channels last. The numbers follow from the formulas of make_learner.py.
"""

from pathlib import Path

import torch

from make_backbones import Learner as Backbone
from make_backbones import ResNet12
from make_learner import Learner, fill

HERE = Path(__file__).parent


def conv4():
    state = fill(Learner(3, 2, 32)).state_dict()
    state = {f"module.{name}": tensor for name, tensor in state.items()}
    return state | {"module.fc.weight": torch.ones(3, 8), "module.fc.bias": torch.zeros(3)}


checkpoint = {"epoch": 3, "state_dict": conv4(), "optimizer": {"state": {}, "lr": 0.1}}
torch.save(checkpoint, HERE / "conv4.pth")
torch.save(conv4(), HERE / "conv4-stream.pth", _use_new_zipfile_serialization=False)
resnet = fill(Backbone(ResNet12(3, (2, 3, 2, 4)))).encoder
torch.save(resnet.half().to(memory_format=torch.channels_last).state_dict(), HERE / "resnet12.pt")
