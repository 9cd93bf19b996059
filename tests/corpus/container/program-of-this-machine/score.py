import json, subprocess

def init():
    subprocess.run(["git", "--version"], check=True)

def run(data):
    return sum(json.loads(data))
