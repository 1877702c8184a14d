import { lstatSync } from 'node:fs';
import { chmod, mkdir, readFile, readdir, readlink, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import type { ResultPath } from '../../../src/model/scenario.js';
import type { Connection, TransferSummary } from '../../../src/remote/connection.js';
import { type Collection, collectArtifacts } from '../../../src/results/collect/collect.js';
import { openOverSsh } from '../../support/ssh-connections.js';
import { startSshServer } from '../../support/ssh-server/start.js';
import { makeTempFolder } from '../../support/temp-folder.js';
import { openNode } from './connection.js';

const source = { file: 'scenarios/001/metadata.yaml', line: 7, column: 3 };

/** As it is written in `result_paths`. */
function declare(written: string): ResultPath {
  const isDirectory = written.endsWith('/') && written !== '/';
  return {
    path: isDirectory ? written.slice(0, -1) : written,
    kind: isDirectory ? 'directory' : 'files',
    isAbsolute: written.startsWith('/'),
    source,
  };
}

interface World {
  /** Where the script ran. */
  readonly work: string;
  /** Somewhere else on the node. */
  readonly elsewhere: string;
  /** Where the artifacts go. */
  readonly home: string;
  readonly collect: (...written: readonly string[]) => Promise<Collection>;
  readonly collectUndeclared: (folder: string) => Promise<Collection>;
  readonly abort: () => void;
}

async function makeWorld(open: (root: string) => Promise<Connection> = openNode): Promise<World> {
  const root = await makeTempFolder();
  const [work, elsewhere, home] = ['work', 'elsewhere', 'home'].map((name) =>
    path.join(root, name),
  ) as [string, string, string];
  for (const folder of [work, elsewhere, home]) await mkdir(folder);
  const connection = await open(root);
  const controller = new AbortController();
  const collectWith = (resultPaths: readonly ResultPath[], undeclared: string | null) =>
    collectArtifacts({
      connection,
      workingFolder: work,
      resultPaths,
      undeclared,
      destination: home,
      reserved: ['test_stdout.log'],
      signal: controller.signal,
    });
  return {
    work,
    elsewhere,
    home,
    collect: (...written) => collectWith(written.map(declare), null),
    collectUndeclared: (folder) => collectWith([], folder),
    abort: () => controller.abort(),
  };
}

async function openNodeOverSsh(): Promise<Connection> {
  const server = await startSshServer();
  const connection = await openOverSsh(server.nodeSpec());
  onTestFinished(async () => {
    await connection.close();
    await server.stop();
  });
  return connection;
}

async function put(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await writeFile(path.join(folder, name), content);
  }
}

/** Every file below a folder with its content; links are followed. */
async function tree(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => path.join(entry.parentPath, entry.name));
  const contents = await Promise.all(
    files.map(async (file) => [path.relative(folder, file), await readFile(file, 'utf8')] as const),
  );
  return Object.fromEntries(contents.sort(([a], [b]) => (a < b ? -1 : 1)));
}

describe('collecting a directory', () => {
  it('keeps its path and everything in it, dotfiles and odd names too', async () => {
    const { work, home, collect } = await makeWorld();
    const content = {
      'a.json': '1',
      'sub/.hidden': '2',
      'sub/-rf': '3',
      'sub/two\nlines ': '',
      "it's $(x)": '5',
    };
    await put(path.join(work, 'results'), content);
    const { files, bytes, failures } = await collect('results/');
    expect(failures).toEqual([]);
    expect({ files, bytes }).toEqual({ files: 5, bytes: 4 });
    expect(await tree(path.join(home, 'results'))).toEqual(content);
  });

  it('keeps links that stay inside', async () => {
    const { work, home, collect } = await makeWorld();
    await put(work, { 'results/2026/out.json': '1' });
    await symlink('2026', path.join(work, 'results/latest'));
    expect((await collect('results/')).failures).toEqual([]);
    expect(await readlink(path.join(home, 'results/latest'))).toBe('2026');
  });

  it('from elsewhere goes under its absolute path', async () => {
    const { elsewhere, home, collect } = await makeWorld();
    await put(elsewhere, { 'out/a.json': '1' });
    expect((await collect(`${elsewhere}/out/`)).failures).toEqual([]);
    expect(await tree(home)).toEqual({ [path.join(elsewhere, 'out/a.json').slice(1)]: '1' });
  });

  it.each([
    ['is not there', 'missing/', 'missing/ is missing: there is no such directory'],
    ['holds no file', 'empty/', 'empty/ is missing: there is no file in it'],
    ['is a file', 'file/', 'file/ is missing: there is no such directory'],
  ])('that %s is missing', async (_, declared, message) => {
    const { work, collect } = await makeWorld();
    await mkdir(path.join(work, 'empty/deep'), { recursive: true });
    await put(work, { file: '' });
    const { failures } = await collect(declared);
    expect(failures).toMatchObject([{ kind: 'result_missing', message, node: 'node1', source }]);
  });

  it('with an empty file in it is not missing', async () => {
    const { work, home, collect } = await makeWorld();
    await put(work, { 'results/empty.json': '' });
    expect((await collect('results/')).failures).toEqual([]);
    expect(await tree(home)).toEqual({ 'results/empty.json': '' });
  });

  it('refuses links that lead out, and still brings the rest', async () => {
    const { work, elsewhere, home, collect } = await makeWorld();
    await put(work, { 'results/a.json': '1', 'results/sub/b.json': '2' });
    await put(elsewhere, { secret: 'x', 'folder/file': 'y' });
    await symlink(path.join(elsewhere, 'secret'), path.join(work, 'results/leak'));
    await symlink(path.join(elsewhere, 'folder'), path.join(work, 'results/sub/folder'));
    await symlink('nowhere', path.join(work, 'results/dangling'));
    const { failures, files } = await collect('results/');
    expect(failures.map(({ kind, message }) => [kind, message]).sort()).toEqual([
      [
        'result_refused',
        `results/leak is not collected: it leads to ${elsewhere}/secret, outside of ${work}/results`,
      ],
      [
        'result_refused',
        `results/sub/folder is not collected: it leads to ${elsewhere}/folder, outside of ${work}/results`,
      ],
    ]);
    expect(failures[0]?.hint).toContain('with an absolute path');
    expect(files).toBe(2);
    expect(await tree(home)).toEqual({ 'results/a.json': '1', 'results/sub/b.json': '2' });
  });

  it.each([
    ['here', openNode],
    ['over ssh', openNodeOverSsh],
  ])('%s is kept as a whole although a link in it leads to nothing', async (_, open) => {
    const { work, home, collect } = await makeWorld(open);
    const odd = Buffer.from('\xff\xfebad', 'latin1');
    await mkdir(path.join(work, 'out/empty'), { recursive: true });
    await put(work, { 'out/closed/a.json': '1' });
    await chmod(path.join(work, 'out/closed'), 0o555);
    await writeFile(Buffer.concat([Buffer.from(`${work}/out/`), odd]), 'x');
    for (const text of ['./no/where', `${work}/out/none`]) {
      await symlink(text, path.join(work, 'out', `to ${text.replaceAll('/', '_')}`));
    }
    await symlink('nowhere', path.join(work, 'out/dangling'));
    const { failures, files } = await collect('out/');
    expect(failures).toEqual([]);
    expect(files).toBe(2);
    expect(await readdir(path.join(home, 'out/empty'))).toEqual([]);
    expect(lstatSync(path.join(home, 'out/closed')).mode & 0o777).toBe(0o555);
    expect(await readlink(path.join(home, 'out/dangling'))).toBe('nowhere');
    const names = await readdir(path.join(home, 'out'), { encoding: 'buffer' });
    expect(names.some((name) => name.equals(odd))).toBe(true);
  });

  it.each([
    ['an absolute path elsewhere', '/nonexistent/model'],
    ['a path that climbs out', '../../nowhere'],
    ['`..` after what may be a link', 'nothing/../../nowhere'],
  ])('brings the rest where a link leads to nothing by %s', async (_, text) => {
    const { work, home, collect } = await makeWorld();
    await put(work, { 'results/a.json': '1' });
    await symlink(text, path.join(work, 'results/dangling'));
    expect((await collect('results/')).failures).toEqual([]);
    expect(await tree(home)).toEqual({ 'results/a.json': '1' });
  });

  it('says of each file why it is not brought, and what to do', async () => {
    const { work, elsewhere, collect } = await makeWorld();
    await put(work, { 'out/a.json': '1' });
    await put(elsewhere, { secret: 'x' });
    await symlink(path.join(elsewhere, 'secret'), path.join(work, 'out/leak'));
    await writeFile(Buffer.concat([Buffer.from(`${work}/out/`), Buffer.from([0xff])]), 'x');
    const { failures } = await collect('out/');
    const told = failures
      .map(({ message, hint }) => [message.replaceAll(/\/\S+\/(?=work|else)/g, ''), hint])
      .sort();
    expect(told).toEqual([
      [
        'out/leak is not collected: it leads to elsewhere/secret, outside of work/out',
        expect.stringContaining('with an absolute path'),
      ],
      [
        'out/\ufffd is not collected: its name is not UTF-8',
        expect.stringContaining('remove the links there that lead out'),
      ],
    ]);
  });

  it('that is itself a link to elsewhere is refused', async () => {
    const { work, elsewhere, home, collect } = await makeWorld();
    await put(elsewhere, { 'a.json': '1' });
    await symlink(elsewhere, path.join(work, 'results'));
    expect((await collect('results/')).failures).toMatchObject([{ kind: 'result_refused' }]);
    expect(await readdir(home)).toEqual([]);
  });

  it('that climbs out is refused', async () => {
    const { elsewhere, home, collect } = await makeWorld();
    await put(elsewhere, { 'a.json': '1' });
    expect((await collect('../elsewhere/')).failures).toMatchObject([{ kind: 'result_refused' }]);
    expect((await collect('x/../../elsewhere/')).failures).toMatchObject([
      { kind: 'result_refused' },
    ]);
    expect(await readdir(home)).toEqual([]);
  });
});

describe('collecting files', () => {
  it('takes one by its name', async () => {
    const { work, home, collect } = await makeWorld();
    await put(work, { 'out/a.json': '1', 'out/b.json': '2' });
    expect((await collect('out/a.json')).failures).toEqual([]);
    expect(await tree(home)).toEqual({ 'out/a.json': '1' });
  });

  it('takes all that match, whatever their names', async () => {
    const { work, home, collect } = await makeWorld();
    const wanted = {
      'out/a.json': '1',
      'out/-b.json': '2',
      'out/two\nlines.json': '3',
      "out/it's.json": '4',
    };
    await put(work, { ...wanted, 'out/c.txt': 'x', 'out/.hidden.json': 'x', 'other/a.json': 'x' });
    expect((await collect('out/*.json')).failures).toEqual([]);
    expect(await tree(home)).toEqual(wanted);
  });

  it('finds them in any folder below with **', async () => {
    const { work, home, collect } = await makeWorld();
    const wanted = { 'logs/a.log': '1', 'logs/x/y/b.log': '2' };
    await put(work, { ...wanted, 'logs/x/c.txt': 'x' });
    expect((await collect('logs/**/*.log')).failures).toEqual([]);
    expect(await tree(home)).toEqual(wanted);
  });

  it('keeps the absolute path of those from elsewhere', async () => {
    const { elsewhere, home, collect } = await makeWorld();
    await put(elsewhere, { 'a.json': '1', 'b.txt': 'x' });
    expect((await collect(`${elsewhere}/*.json`)).failures).toEqual([]);
    expect(await tree(home)).toEqual({ [path.join(elsewhere, 'a.json').slice(1)]: '1' });
  });

  it.each(['out.json', 'out/*.json', 'missing/*.json', 'folder'])(
    '%s that is not there is missing',
    async (declared) => {
      const { work, collect } = await makeWorld();
      await mkdir(path.join(work, 'folder'));
      await mkdir(path.join(work, 'out'));
      const { failures } = await collect(declared);
      expect(failures).toMatchObject([
        {
          kind: 'result_missing',
          message: `${declared} is missing: there is no such file`,
          source,
        },
      ]);
    },
  );

  it('follows a link that stays inside, and refuses one that leads out', async () => {
    const { work, elsewhere, home, collect } = await makeWorld();
    await put(work, { 'runs/7/out.json': '7' });
    await put(elsewhere, { secret: 'x' });
    await symlink('runs/7/out.json', path.join(work, 'inside.json'));
    await symlink(path.join(elsewhere, 'secret'), path.join(work, 'outside.json'));
    const { failures } = await collect('*.json');
    expect(failures).toMatchObject([{ kind: 'result_refused' }]);
    expect(failures[0]?.message).toContain('outside.json');
    expect(await tree(home)).toEqual({ 'inside.json': '7' });
  });

  it('does not reach out through a folder that is a link', async () => {
    const { work, elsewhere, home, collect } = await makeWorld();
    await put(elsewhere, { 'a.json': 'x' });
    await symlink(elsewhere, path.join(work, 'out'));
    expect((await collect('out/*.json')).failures).toMatchObject([{ kind: 'result_refused' }]);
    expect((await collect('out/a.json')).failures).toMatchObject([{ kind: 'result_refused' }]);
    expect(await readdir(home)).toEqual([]);
  });

  it('leaves the script’s own logs alone', async () => {
    const { work, home, collect } = await makeWorld();
    await put(work, { 'test_stdout.log': 'theirs', 'other.log': '1' });
    await put(home, { 'test_stdout.log': 'ours' });
    expect((await collect('*.log')).failures).toMatchObject([{ kind: 'result_refused' }]);
    expect(await tree(home)).toEqual({ 'other.log': '1', 'test_stdout.log': 'ours' });
  });

  it('refuses a name that is no UTF-8, and says what to do', async () => {
    const { work, collect } = await makeWorld();
    await writeFile(
      Buffer.concat([Buffer.from(`${work}/`), Buffer.from([0xff]), Buffer.from('.json')]),
      'x',
    );
    const { failures } = await collect('*.json');
    expect(failures).toMatchObject([{ kind: 'result_refused' }]);
    expect(failures[0]?.message).toBe('\ufffd.json is not collected: its name is not UTF-8');
    expect(failures[0]?.hint).toContain('declare its directory');
  });
});

describe('a node that is not to be trusted', () => {
  it.each(['../evil', 'a/../../evil', '/evil', './/evil'])(
    'has nothing written outside of the artifacts for %j among its files',
    async (name) => {
      const root = await makeTempFolder();
      const [work, home] = [path.join(root, 'work'), path.join(root, 'home')];
      await put(work, { x: 'evil' });
      await mkdir(home);
      const connection = await openNode(root);
      const answers = [
        // With a link that leads outside, files are fetched one by one.
        [work, work, `l./${name}`, 'l./outside'],
        ['x', `f${path.join(work, 'x')}`, '/etc/hostname', 'f/etc/hostname'],
      ];
      const hostile: Connection = {
        ...connection,
        exec: (command, options) => {
          const answer = answers.shift();
          if (!answer) return connection.exec(command, options);
          const argv = ['printf', String.raw`%s\0`, ...answer] as const;
          return connection.exec({ argv }, options);
        },
      };
      const { failures } = await collectArtifacts({
        connection: hostile,
        workingFolder: work,
        resultPaths: [declare('./')],
        undeclared: null,
        destination: home,
        signal: new AbortController().signal,
      });
      expect(failures).toMatchObject([{ kind: 'transfer' }]);
      expect((await readdir(root)).sort()).toEqual(['home', 'work']);
      expect(await readdir(home)).toEqual([]);
    },
  );
});

describe('collecting', () => {
  it('goes on after what is missing', async () => {
    const { work, home, collect } = await makeWorld();
    await put(work, { 'b/x': '1' });
    const { failures } = await collect('a/', 'b/', 'c.json');
    expect(failures.map(({ message }) => message)).toEqual([
      'a/ is missing: there is no such directory',
      'c.json is missing: there is no such file',
    ]);
    expect(await tree(home)).toEqual({ 'b/x': '1' });
  });

  it('brings what nothing declares to the top, and needs none of it', async () => {
    const { elsewhere, home, collectUndeclared } = await makeWorld();
    expect(await collectUndeclared(elsewhere)).toEqual({ files: 0, bytes: 0, failures: [] });
    expect(await collectUndeclared(path.join(elsewhere, 'missing'))).toEqual({
      files: 0,
      bytes: 0,
      failures: [],
    });
    await put(elsewhere, { 'a/b.json': '1' });
    expect(await collectUndeclared(elsewhere)).toMatchObject({ files: 1, failures: [] });
    expect(await tree(home)).toEqual({ 'a/b.json': '1' });
  });

  it('tells how much is here so far, of all that is declared', async () => {
    const root = await makeTempFolder();
    const [work, home] = [path.join(root, 'work'), path.join(root, 'home')];
    await put(work, { 'a/x': '1', 'a/y': '22', 'b.json': '333' });
    await mkdir(home);
    const told: TransferSummary[] = [];
    await collectArtifacts({
      connection: await openNode(root),
      workingFolder: work,
      resultPaths: [declare('a/'), declare('*.json')],
      undeclared: null,
      destination: home,
      signal: new AbortController().signal,
      onProgress: (copied) => told.push(copied),
    });
    expect(told.at(-1)).toEqual({ files: 3, bytes: 6 });
    expect(told.map(({ bytes }) => bytes)).toEqual(
      told.map(({ bytes }) => bytes).sort((a, b) => a - b),
    );
  });

  it('stops when it is told to, and says that something is missing', async () => {
    const { work, home, collect, abort } = await makeWorld();
    await put(work, { 'a/x': '1' });
    abort();
    expect(await collect('a/', 'b/')).toMatchObject({
      files: 0,
      failures: [
        { kind: 'transfer', message: 'collecting was stopped before all results were here' },
      ],
    });
    expect(await readdir(home)).toEqual([]);
  });

  it('works with a node whose shell has odd ideas', async () => {
    const { work, home, collect } = await makeWorld();
    await put(work, { 'results/x': '1' });
    await mkdir(path.join(work, 'decoy/results'), { recursive: true });
    const cdpath = process.env['CDPATH'];
    process.env['CDPATH'] = path.join(work, 'decoy');
    try {
      expect((await collect('results/')).failures).toEqual([]);
    } finally {
      if (cdpath === undefined) delete process.env['CDPATH'];
      else process.env['CDPATH'] = cdpath;
    }
    expect(await tree(home)).toEqual({ 'results/x': '1' });
  });
});
