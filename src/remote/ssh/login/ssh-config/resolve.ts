import { existsSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import path from 'node:path';

import pLimit from 'p-limit';

import type { Outcome } from '../../../../model/failure.js';
import { readSshConfig } from './from-file.js';
import { askOpenssh, withoutDefaults, type SshConfigQuery } from './from-openssh.js';
import { readSettings, type SshOptions, type SshSettings } from './settings.js';

/** Answers what ssh_config says about a host; each host is asked for once. */
export type SshConfigReader = (
  query: SshConfigQuery,
  environment: Readonly<Record<string, string | undefined>>,
) => Promise<Outcome<SshSettings>>;

/** A program is started for each host, and the machine has other things to do. */
const PROCESSES = 4;

export function createSshConfigReader(): SshConfigReader {
  const limit = pLimit(PROCESSES);
  const answers = new Map<string, Promise<Outcome<SshSettings>>>();
  let defaults: Promise<Outcome<SshOptions | null>> | undefined;

  const read: SshConfigReader = async (query, environment) => {
    const home = environment['HOME'] ?? homedir();
    const userFile = path.join(home, '.ssh', 'config');
    // ssh itself does not look at HOME.
    const isOtherHome = home !== homedirOfUser();
    const configFile = isOtherHome ? (existsSync(userFile) ? userFile : '/dev/null') : null;
    defaults ??= askOpenssh(
      { host: 'host', user: null, port: null },
      { environment, configFile: '/dev/null' },
    );
    const [answer, usual] = await Promise.all([
      askOpenssh(query, { environment, configFile }),
      defaults,
    ]);
    if (!answer.ok) return answer;
    if (!usual.ok) return usual;
    if (answer.value !== null && usual.value !== null) {
      return { ok: true, value: readSettings(withoutDefaults(answer.value, usual.value)) };
    }
    const options = await readSshConfig(query, userFile, home);
    return options.ok ? { ok: true, value: readSettings(options.value) } : options;
  };

  return (query, environment) => {
    const key = JSON.stringify(query);
    const known = answers.get(key);
    if (known) return known;
    const answer = limit(() => read(query, environment));
    answers.set(key, answer);
    return answer;
  };
}

/** The home that the system's user database has, which is where ssh looks. */
function homedirOfUser(): string {
  try {
    return userInfo().homedir;
  } catch {
    return homedir();
  }
}
