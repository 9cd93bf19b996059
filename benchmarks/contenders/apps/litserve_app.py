"""The scoring script behind LitServe: it decodes the JSON itself."""

import os
import sys

import litserve
from user_script import load


class Scoring(litserve.LitAPI):
    def setup(self, _device):
        self.script = load(os.environ["BENCH_SCRIPT"])
        self.script.init()

    def decode_request(self, request):
        return request["data"]

    def predict(self, rows):
        return self.script.compute(rows)

    def encode_response(self, output):
        return output


if __name__ == "__main__":
    server = litserve.LitServer(Scoring(), accelerator="cpu", workers_per_device=int(sys.argv[2]))
    server.run(host="127.0.0.1", port=int(sys.argv[1]), generate_client_file=False, log_level="warning")
