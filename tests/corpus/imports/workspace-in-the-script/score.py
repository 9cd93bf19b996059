import json

from azureml.core import Workspace

def init():
    print("ready")
    ws = Workspace.from_config()

def run(data):
    return sum(json.loads(data))
