import json, logging, sys, warnings

logging.basicConfig(level=logging.INFO)

def init():
    warnings.warn("this model is old")
    for number in range(500):
        print("loading", number)
    sys.stderr.write("no line end")

def run(data):
    logging.error("an error that is none: %s", data)
    try:
        raise ValueError("caught")
    except ValueError:
        logging.exception("told, and gone on")
    return sum(json.loads(data))
