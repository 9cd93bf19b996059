import json

import mp_torch

def init():
    global model
    model = mp_torch.load().to("cuda")

def run(data):
    return model(json.loads(data))
