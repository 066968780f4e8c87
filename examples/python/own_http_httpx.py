"""One question through httpx, several requests at once: for programs with a client of their own.

python own_http_httpx.py http://emqx:18083 KEY SECRET
"""

import asyncio
import sys
import time

import httpx
from emqx_rebalance import Snapshot, sansio


async def send(client: httpx.AsyncClient, request: sansio.Request) -> sansio.Answer:
    try:
        answer = await client.request(
            request.method,
            request.url,
            headers=dict(request.headers),
            content=request.body,
            timeout=request.timeout_ms / 1000,
        )
    except httpx.TimeoutException as error:
        return request.failed("timeout", error)
    except httpx.TransportError as error:
        return request.failed("unreachable", error)
    except httpx.RequestError as error:
        return request.failed("protocol", error)
    return request.answered(answer.status_code, answer.content)


async def snapshot(url: str, key: str, secret: str) -> Snapshot:
    talk = sansio.Cluster(url, api_key=key, api_secret=secret).snapshot()
    async with httpx.AsyncClient(follow_redirects=False) as client:
        step = talk.step(time.time_ns() // 1_000_000)
        while not talk.is_done:
            if not step.requests:
                await asyncio.sleep(0.1)
            answers = await asyncio.gather(*(send(client, one) for one in step.requests))
            step = talk.step(time.time_ns() // 1_000_000, answers)
    return talk.result


if __name__ == "__main__":
    print(asyncio.run(snapshot(*sys.argv[1:4])))
