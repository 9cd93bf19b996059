import json, sqlite3

def init():
    global connection
    connection = sqlite3.connect(":memory:")

def run(data):
    return connection.execute("SELECT ? + ?", json.loads(data)).fetchone()[0]
