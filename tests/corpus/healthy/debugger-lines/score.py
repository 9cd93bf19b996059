import json

import ptvsd
# Allows other computers to attach to ptvsd on this IP address and port.
ptvsd.enable_attach(address=("0.0.0.0", {port}), redirect_output=True)
# Wait 0.1 seconds for a debugger to attach. If none attaches, the script continues as normal.
ptvsd.wait_for_attach(timeout=0.1)
print("Debugger attached...")

def init():
    print("ready")

def run(data):
    return sum(json.loads(data))
