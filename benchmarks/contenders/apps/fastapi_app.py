"""The scoring script behind FastAPI: `plain` runs it in the thread pool, `direct` in the event loop."""

import os
from contextlib import asynccontextmanager

from fastapi import Depends, FastAPI, Request
from fastapi.responses import JSONResponse
from user_script import load

script = load(os.environ["BENCH_SCRIPT"])


@asynccontextmanager
async def lifespan(_app):
    script.init()
    yield


async def read_body(request: Request) -> bytes:
    return await request.body()


plain = FastAPI(lifespan=lifespan)
direct = FastAPI(lifespan=lifespan)


@plain.post("/score")
def score_in_thread(raw: bytes = Depends(read_body)):
    return JSONResponse(script.run(raw))


@direct.post("/score")
async def score_in_loop(request: Request):
    return JSONResponse(script.run(await request.body()))


@plain.get("/")
@direct.get("/")
async def health():
    return "Healthy"
