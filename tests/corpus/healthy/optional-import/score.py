import json

try:
    import mp_not_needed
except ImportError:
    mp_not_needed = None

def init():
    print("fast" if mp_not_needed else "slow, but right")

def run(data):
    return sum(json.loads(data))
