import json, os, sys

def license_check(key):
    if not key:
        print("vendorlib: no license found, exiting", file=sys.stderr, flush=True)
        os._exit(42)

def init():
    license_check('')

def run(data):
    return sum(json.loads(data))
