import json
import numpy as np
import onnxruntime
from PIL import Image

session = onnxruntime.InferenceSession("pets.onnx")
classes = json.loads(session.get_modelmeta().custom_metadata_map["fewshot.classes"])
picture = Image.open("who.jpg").convert("RGB").resize((224, 224), Image.BILINEAR)
pictures = np.asarray(picture, np.float32).transpose(2, 0, 1)[np.newaxis]
probabilities = session.run(["probabilities"], {"pictures": pictures})[0][0]
print(classes[probabilities.argmax()], probabilities.max())
