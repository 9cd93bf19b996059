import json, subprocess

def init():
    subprocess.run(["mp-tesseract", "--version"], check=True)

def run(data):
    return sum(json.loads(data))
