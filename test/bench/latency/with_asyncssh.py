"""Ten commands, one after the other, on one connection of asyncssh. Prints the seconds of each."""
import asyncio
import json
import sys
import time
import warnings

warnings.simplefilter("ignore")
import asyncssh  # noqa: E402

task = json.loads(sys.argv[1])


async def main():
    async with asyncssh.connect(
        "127.0.0.1",
        port=task["port"],
        username=task["user"],
        client_keys=[task["keyFile"]],
        known_hosts=None,
        agent_path=None,
        config=None,
    ) as connection:
        await connection.run("true", check=True)
        times = []
        for _ in range(task["count"]):
            begin = time.perf_counter()
            await connection.run("true", check=True)
            times.append(time.perf_counter() - begin)
        print(json.dumps(times))


asyncio.run(main())
