import json
from http.server import BaseHTTPRequestHandler, HTTPServer

class Handler(BaseHTTPRequestHandler):
    pass

def init():
    print("ready")

def run(data):
    return sum(json.loads(data))

HTTPServer(("127.0.0.1", 0), Handler).serve_forever()
