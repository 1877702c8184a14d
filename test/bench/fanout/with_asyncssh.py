"""The commands of the task with asyncssh: a channel for each."""
import asyncio
import json
import sys
import time
import warnings

warnings.simplefilter("ignore")
import asyncssh  # noqa: E402

task = json.loads(sys.argv[1])


async def visit(host, gate, key, known_hosts):
    async with gate:
        try:
            async with asyncssh.connect(
                host,
                port=task["port"],
                username=task["user"],
                client_keys=[key],
                known_hosts=known_hosts,
                agent_path=None,
                config=None,
            ) as connection:
                for command in task["commands"]:
                    await connection.run(command, check=True)
            return True
        except Exception as error:
            print(host, repr(error), file=sys.stderr)
            return False


async def main():
    begin = time.perf_counter()
    key = asyncssh.read_private_key(task["keyFile"])
    known_hosts = asyncssh.read_known_hosts(task["knownHostsFile"])
    gate = asyncio.Semaphore(task["forks"])
    visited = await asyncio.gather(*(visit(host, gate, key, known_hosts) for host in task["hosts"]))
    print(json.dumps({"succeeded": sum(visited), "wall_s": time.perf_counter() - begin}))


asyncio.run(main())
