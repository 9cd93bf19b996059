import json, signal

def init():
    print("ready")

def give_up(*_):
    raise TimeoutError("took longer than a second")

def run(data):
    signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, 1)
    try:
        return sum(json.loads(data))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
