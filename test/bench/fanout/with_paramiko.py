"""The commands of the task with paramiko: a thread for each host, a channel for each command."""
import json
import sys
import time
import warnings
from concurrent.futures import ThreadPoolExecutor

warnings.simplefilter("ignore")
import paramiko  # noqa: E402

task = json.loads(sys.argv[1])
with open(task["knownHostsFile"]) as file:
    known = file.read().split()[-1]


class Known(paramiko.MissingHostKeyPolicy):
    def missing_host_key(self, client, hostname, key):
        if key.get_base64() != known:
            raise paramiko.SSHException("unknown host key")


def visit(host):
    client = paramiko.SSHClient()
    client.set_missing_host_key_policy(Known())
    try:
        client.connect(
            host,
            port=task["port"],
            username=task["user"],
            key_filename=task["keyFile"],
            allow_agent=False,
            look_for_keys=False,
            timeout=60,
            banner_timeout=60,
            auth_timeout=60,
        )
        for command in task["commands"]:
            _, stdout, _ = client.exec_command(command)
            stdout.read()
            if stdout.channel.recv_exit_status() != 0:
                return False
        return True
    except Exception as error:
        print(host, repr(error), file=sys.stderr)
        return False
    finally:
        client.close()


begin = time.perf_counter()
with ThreadPoolExecutor(task["forks"]) as pool:
    visited = list(pool.map(visit, task["hosts"]))
print(json.dumps({"succeeded": sum(visited), "wall_s": time.perf_counter() - begin}))
