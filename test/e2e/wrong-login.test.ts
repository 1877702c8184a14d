import { describe, expect, it, onTestFinished } from 'vitest';

import { expectExit, projectFolder, scenarioFiles } from '../support/project-folder.js';
import { startSshServer } from '../support/ssh-server/start.js';

function scenario(directory: string, metadata: string) {
  return scenarioFiles(directory, {
    metadata: `test_execution: { node: far, result_paths: [] }\n${metadata}`,
  });
}

/** Three scenarios that need a node which is a server with a password. */
async function projectWithPassword(password: string, metadata: string) {
  const server = await startSshServer({ accepts: { password: 'the right one' } });
  onTestFinished(() => server.stop());
  const far = `host: 127.0.0.1, port: ${server.port}, username: tester, password: "${password}", runtime: process`;
  const project = await projectFolder({
    'config/nodes.yaml': `nodes:
  here: { transport: local, runtime: process }
  far: { ${far}, use_ssh_config: false, known_hosts: ${server.knownHostsFile} }
`,
    ...scenario('001_one', metadata),
    ...scenario('002_two', metadata),
    ...scenario('003_three', metadata),
  });
  return { server, project };
}

describe('a login that is refused', () => {
  it.each([
    ['without auto_recovery', ''],
    ['with auto_recovery', 'service_health_check: { auto_recovery: true }\n'],
  ])('is tried once in a whole run, %s', async (_how, metadata) => {
    const { server, project } = await projectWithPassword('a wrong one', metadata);
    const finished = await project.playbook('run', '--all');
    expectExit(finished, 3);
    expect(server.attempts).toEqual(['password']);
    expect(server.dials()).toBe(1);
    expect(finished.stderr).not.toContain('unless it answers');
    for (const { failure } of (await project.suite()).scenarios) {
      expect(failure).toMatchObject({ kind: 'authentication', node: 'far' });
    }
  });
});
