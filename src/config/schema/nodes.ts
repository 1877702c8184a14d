import type { XStatic } from 'typebox/schema';

import { duration, flag, text, textMap } from './define.js';

const node = {
  type: 'object',
  title: 'Node',
  description: 'One machine.',
  additionalProperties: false,
  properties: {
    transport: {
      type: 'string',
      enum: ['ssh', 'local'],
      default: 'ssh',
      description: 'How to get there. local: this machine.',
    },
    host: text('Name or address. Required for ssh; 127.0.0.1 for local.'),
    port: {
      type: 'integer',
      minimum: 1,
      maximum: 65535,
      default: 22,
      description: 'The SSH port.',
    },
    username: text('Who logs in; the user who runs playbook where it is not given.'),
    password: text('Better not written here: "${NODE1_PASSWORD}" takes it from the environment.'),
    private_key_path: text('A private key, relative to the project, absolute, or from ~/.'),
    passphrase: text('Of the private key. Better not written here: "${NODE1_PASSPHRASE}".'),
    agent: flag('Log in with the keys of the SSH agent.', false),
    proxy_jump: text('The node, or [user@]host[:port], through which this node is reached.'),
    use_ssh_config: flag('Honour ~/.ssh/config for what is not set here.', false),
    host_key: {
      type: 'string',
      enum: ['strict', 'accept-new', 'off'],
      default: 'strict',
      description:
        'strict: the host key has to be known. accept-new: an unknown one is remembered, a changed one refused. off: nothing is checked.',
    },
    known_hosts: {
      type: 'string',
      default: '~/.ssh/known_hosts',
      description: 'Where host keys are known from.',
    },
    keepalive_interval: duration('A peer that is silent for three of them is gone.', 10),
    enabled: flag('false: the node is left alone.', true),
    runtime: {
      type: 'string',
      enum: ['docker', 'process'],
      default: 'docker',
      description: 'What runs services there: docker compose, or plain processes.',
    },
    docker_compose_path: text(
      "The folder on the node under which working folders are made. Relative paths start at the login's home.",
    ),
    results_path: text(
      'The folder on the node for results of scripts that declare no result_paths. Relative as above.',
    ),
    lock_path: text(
      'The folder on the node by which runs keep each other away: the same for all who use the machine. Default: /tmp/playbook. Relative as above.',
    ),
    labels: textMap('Your own notes on the node.'),
  },
} as const;

export const nodesSchema = {
  title: 'playbook nodes.yaml',
  description: 'The machines that scenarios run on.',
  type: 'object',
  additionalProperties: false,
  required: ['nodes'],
  properties: {
    nodes: { type: 'object', description: 'Nodes by name.', additionalProperties: node },
  },
} as const;

export type NodesFile = XStatic<typeof nodesSchema>;
export type NodeEntry = XStatic<typeof node>;
