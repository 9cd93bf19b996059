def init():
    print("ready")

def run(data, request_headers):
    return request_headers["Accept-Language"]
