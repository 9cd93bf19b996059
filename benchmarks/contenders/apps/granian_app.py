"""The scoring script behind Granian's own interface, in its event loop."""

import json
import os

from user_script import load

script = load(os.environ["BENCH_SCRIPT"])


class Application:
    def __rsgi_init__(self, _loop):
        script.init()

    async def __rsgi__(self, scope, protocol):
        if scope.method == "GET":
            protocol.response_str(200, [], "Healthy")
            return
        answer = json.dumps(script.run(await protocol()))
        protocol.response_str(200, [("content-type", "application/json")], answer)


application = Application()
