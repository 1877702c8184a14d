import { hostname } from 'node:os';

import type { Command } from '../model/command.js';
import type { Outcome } from '../model/failure.js';
import type { Connection } from '../remote/connection.js';
import { fileFailure } from './files/file-failure.js';
import { type FileHash, hashFiles } from './files/file-hashes.js';
import type { InputFile } from './inputs/files.js';
import { userName } from '../remote/local/user-name.js';

/** Where a result comes from: who ran it, on which state of the project's files. */
export interface Provenance {
  readonly hostname: string;
  readonly user: string;
  /** The project's root, absolute. */
  readonly project: string;
  /** `null`: the project is no git checkout, or has no commit yet. */
  readonly git: GitState | null;
  /** The scenario's files, relative to its folder. */
  readonly files: readonly InputFile[];
}

/** As it was gathered: nobody has looked yet at which of the files hold secrets, so it may not be written down. */
export interface RawProvenance extends Provenance {
  readonly files: readonly Pick<FileHash, 'path' | 'mode' | 'sha256'>[];
}

export interface GitState {
  readonly commit: string;
  /** Something in the project is not as it was committed; what runs write themselves does not count. */
  readonly dirty: boolean;
}

const GIT_TIMEOUT_MS = 10_000;
/** What runs write themselves, whether it is ignored or not. */
const WRITTEN_BY_RUNS = ['results', 'logs', '.playbook'];

/**
 * @param controller Runs programs on this machine.
 * @param root The project's root, absolute.
 * @param scenarioPath The scenario's folder, absolute.
 */
export async function gatherProvenance(
  controller: Pick<Connection, 'exec'>,
  root: string,
  scenarioPath: string,
): Promise<Outcome<RawProvenance>> {
  try {
    const [git, hashes] = await Promise.all([readGit(controller, root), hashFiles(scenarioPath)]);
    const files = hashes.map(({ path, mode, sha256 }) => ({ path, mode, sha256 }));
    const value = { hostname: hostname(), user: userName(), project: root, git, files };
    return { ok: true, value };
  } catch (error) {
    return { ok: false, failure: fileFailure(error, `could not read ${scenarioPath}`) };
  }
}

/** Anything but success means that there is no git here, or nothing that it could tell. */
async function readGit(
  controller: Pick<Connection, 'exec'>,
  root: string,
): Promise<GitState | null> {
  const git = async (...args: readonly string[]): Promise<string | null> => {
    const argv: Command['argv'] = ['git', '-C', root, ...args];
    // Reading must not take the lock that somebody's commit is waiting for.
    const env = { GIT_OPTIONAL_LOCKS: '0' };
    const result = await controller.exec({ argv, env }, { timeoutMs: GIT_TIMEOUT_MS });
    const isDone = result.termination === 'exited' && result.exitCode === 0;
    return isDone ? result.stdout.toString().trim() : null;
  };
  const commit = await git('rev-parse', '--verify', 'HEAD');
  if (commit === null) return null;
  const excluded = WRITTEN_BY_RUNS.map((name) => `:(exclude)${name}`);
  const changes = await git('status', '--porcelain', '--', '.', ...excluded);
  return { commit, dirty: changes !== '' };
}
