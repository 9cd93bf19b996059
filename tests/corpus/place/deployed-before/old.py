def init():
    print("ready")

def run(data):
    return "old"
