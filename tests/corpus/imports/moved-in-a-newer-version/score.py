import json

from sklearn.externals import joblib

def init():
    print("ready", joblib.__name__)

def run(data):
    return sum(json.loads(data))
