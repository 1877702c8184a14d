import { OVER } from '../../../../async/abort.js';
import ssh2 from 'ssh2';
import type { IdentityCallback, ParsedKey, SignCallback, SigningRequestOptions } from 'ssh2';

import type { Clock } from '../../../../async/clock.js';
import { wordsOf } from '../failures.js';

const { BaseAgent, OpenSSHAgent } = ssh2;

export type AgentKeys =
  | { readonly ok: true; readonly keys: readonly ParsedKey[] }
  | { readonly ok: false; readonly reason: string };

/** An agent answers from its memory. */
const ANSWER_MS = 5_000;

/** The keys an agent holds, those that ssh2 can use: no certificates, no security keys. */
export async function listAgentKeys(socket: string, clock: Clock): Promise<AgentKeys> {
  const timer = new AbortController();
  const late = clock
    .sleep(ANSWER_MS, timer.signal)
    .then((): AgentKeys => ({ ok: false, reason: `no answer for ${ANSWER_MS / 1_000} s` }));
  const answer = await Promise.race([ask(socket), late]);
  timer.abort(OVER);
  return answer;
}

function ask(socket: string): Promise<AgentKeys> {
  return new Promise((resolve) => {
    new OpenSSHAgent(socket).getIdentities((error, keys) => {
      if (error) resolve({ ok: false, reason: wordsOf(error) });
      else resolve({ ok: true, keys: (keys ?? []) as ParsedKey[] });
    });
  });
}

/** An agent that offers some of its keys only, in the order given. */
export class SelectiveAgent extends BaseAgent<ParsedKey> {
  readonly #agent: InstanceType<typeof OpenSSHAgent>;
  readonly #keys: readonly ParsedKey[];

  constructor(socket: string, keys: readonly ParsedKey[]) {
    super();
    this.#agent = new OpenSSHAgent(socket);
    this.#keys = keys;
  }

  override getIdentities(answer: IdentityCallback<ParsedKey>): void {
    answer(undefined, [...this.#keys]);
  }

  override sign(
    key: ParsedKey,
    data: Buffer,
    options: SigningRequestOptions | SignCallback,
    answer?: SignCallback,
  ): void {
    if (typeof options === 'function') this.#agent.sign(key, data, options);
    else this.#agent.sign(key, data, options, answer);
  }
}
