import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

import ssh2 from 'ssh2';
import type { Connection, ServerChannel, Session } from 'ssh2';

import type { NodeSpec } from '../../../src/model/node.js';
import { nodeSpec } from '../specs.js';
import { authenticate, type Accepted } from './authenticate.js';
import { isSpared, type Faults } from './faults.js';
import { runCommand } from './run-command.js';

export interface SshServerOptions {
  /** Private host keys. Default: a fresh one. */
  readonly hostKeys?: readonly string[];
  readonly accepts?: Accepted;
  /** What a command does. Default: it is run on this machine by `sh`. */
  readonly onExec?: (command: string, channel: ServerChannel) => void;
  readonly faults?: Faults;
}

/** An SSH server in this process, on 127.0.0.1, that misbehaves on demand. Whoever starts it stops it. */
export interface SshServer {
  readonly port: number;
  /** Changes what goes wrong from now on. */
  readonly faults: Faults;
  /** As known_hosts has it, for the key of the moment. */
  hostKeyLine(): string;
  /** Holds the host key that it had at the start. */
  readonly knownHostsFile: string;
  /** A node that logs in with a password (any will do unless `accepts` says otherwise). */
  nodeSpec(overrides?: Partial<NodeSpec>): NodeSpec;
  /** How many connections were accepted by TCP so far. */
  dials(): number;
  /** How many are open. */
  connections(): number;
  /** How many sessions are open, over all connections. */
  sessions(): number;
  /** The most that were open and not logged in at the same time. */
  mostUnauthenticated(): number;
  /** The methods of authentication that were tried, over all connections. */
  readonly attempts: readonly string[];
  /** Commands that were asked for. */
  readonly commands: readonly string[];
  /** Shows another host key from now on. */
  changeHostKey(): void;
  /** Resets every connection. */
  reset(): void;
  /** Stops reading on every open connection, as a machine that is gone. */
  stall(): void;
  /** Says goodbye on every connection. */
  sayGoodbye(): void;
  stop(): Promise<void>;
}

export async function startSshServer(options: SshServerOptions = {}): Promise<SshServer> {
  const faults: Faults = options.faults ?? {};
  const attempts: string[] = [];
  const commands: string[] = [];
  const allSessions = new Set<Session>();
  const sockets = new Set<Socket>();
  const unauthenticated = new Set<Socket>();
  const clients = new Set<Connection>();
  let dials = 0;
  let most = 0;
  let hostKeys = options.hostKeys ?? [makeHostKey()];

  const serve = (socket: Socket) => {
    const server = new ssh2.Server({ hostKeys: [...hostKeys] }, (client) => {
      clients.add(client);
      client.on('error', () => undefined);
      client.on('close', () => clients.delete(client));
      client.on('authentication', (context) => {
        if (!faults.ignoreLogins) authenticate(context, options.accepts ?? {}, attempts);
      });
      client.on('ready', () => {
        unauthenticated.delete(socket);
        serveSessions(client, socket, { ...options, faults }, commands, allSessions);
      });
      client.on('tcpip', (accept, refuse, { destIP, destPort }) => {
        if (faults.refuseForwarding) {
          refuse();
          return;
        }
        const onward = connect(destPort, destIP);
        onward.once('error', () => refuse());
        onward.once('connect', () => {
          onward.removeAllListeners('error').on('error', () => undefined);
          const channel = accept();
          channel.on('error', () => undefined);
          channel.on('close', () => onward.destroy());
          onward.on('close', () => {
            channel.close();
          });
          channel.pipe(onward).pipe(channel);
        });
      });
    });
    server.injectSocket(socket);
  };

  const listener = createServer((socket) => {
    dials += 1;
    sockets.add(socket);
    socket.on('close', () => {
      sockets.delete(socket);
      unauthenticated.delete(socket);
    });
    if (!isSpared(socket, faults, unauthenticated.size)) return;
    unauthenticated.add(socket);
    most = Math.max(most, unauthenticated.size);
    serve(socket);
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const address = listener.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const folder = await mkdtemp(path.join(tmpdir(), 'playbook-ssh-server-'));
  const knownHostsFile = path.join(folder, 'known_hosts');
  const hostKeyLine = () => `[127.0.0.1]:${port} ${publicLine(hostKeys[0] ?? '')}`;
  await writeFile(
    knownHostsFile,
    hostKeys.map((key) => `[127.0.0.1]:${port} ${publicLine(key)}\n`).join(''),
  );

  return {
    port,
    faults,
    hostKeyLine,
    knownHostsFile,
    attempts,
    commands,
    nodeSpec: (overrides = {}) =>
      nodeSpec({
        transport: 'ssh',
        host: '127.0.0.1',
        port,
        username: 'tester',
        authentication: {
          password: options.accepts?.password ?? 'secret',
          privateKeyPath: null,
          passphrase: null,
          agent: false,
        },
        useSshConfig: false,
        knownHosts: knownHostsFile,
        ...overrides,
      }),
    dials: () => dials,
    connections: () => sockets.size,
    sessions: () => allSessions.size,
    mostUnauthenticated: () => most,
    changeHostKey() {
      hostKeys = [makeHostKey()];
    },
    reset() {
      for (const socket of sockets) socket.resetAndDestroy();
    },
    stall() {
      for (const socket of sockets) {
        socket.removeAllListeners('data');
        socket.pause();
      }
    },
    sayGoodbye() {
      for (const client of clients) client.end();
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => listener.close(resolve));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function serveSessions(
  client: Connection,
  socket: Socket,
  { onExec, faults }: SshServerOptions & { readonly faults: Faults },
  commands: string[],
  all: Set<Session>,
): void {
  const sessions = new Set<Session>();
  client.on('session', (accept, refuse) => {
    if (faults.maxSessions !== undefined && sessions.size >= faults.maxSessions) {
      refuse();
      return;
    }
    const session = accept();
    sessions.add(session);
    all.add(session);
    session.on('close', () => {
      sessions.delete(session);
      all.delete(session);
    });
    let signal: ((name: NodeJS.Signals) => void) | null = null;
    const begin = (channel: ServerChannel, command: string | null) => {
      commands.push(command ?? '');
      channel.on('error', () => undefined);
      if (faults.hangOn?.test(command ?? '')) return;
      if (onExec && command !== null) {
        onExec(command, channel);
      } else {
        signal = runCommand(channel, command, {});
      }
      if (faults.resetDuring?.test(command ?? '')) {
        // Before its exit status can be on the way.
        setImmediate(() => socket.resetAndDestroy());
      }
    };
    session.on('exec', (acceptExec, _refuse, { command }) => {
      begin(acceptExec(), command);
    });
    session.on('shell', (acceptShell) => {
      begin(acceptShell(), null);
    });
    session.on('signal', (acceptSignal, _refuse, { name }) => {
      acceptSignal();
      signal?.(`SIG${name}` as NodeJS.Signals);
    });
  });
}

function makeHostKey(): string {
  // Of the formats of Node's crypto, ssh2 reads this one of these keys only.
  return generateKeyPairSync('ec', {
    namedCurve: 'prime256v1',
    privateKeyEncoding: { type: 'sec1', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  }).privateKey;
}

function publicLine(privateKey: string): string {
  const key = ssh2.utils.parseKey(privateKey);
  if (key instanceof Error) throw key;
  return `${key.type} ${key.getPublicSSH().toString('base64')}`;
}
