import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  createMask,
  createSecretCollector,
  looksSecret,
  mayHoldSecret,
} from '../../../../src/config/value/secret.js';

describe('the name of a secret', () => {
  it.each([
    'PASSWORD',
    'NODE1_PASSWORD',
    'db_password',
    'dbPassword',
    'PGPASSWORD',
    'MYSQL_PASSWD',
    'CLIENT_SECRET',
    'HF_TOKEN',
    'TOKEN_2',
    'OPENAI_API_KEY',
    'apiKey',
    'APIKEY',
    'SSH_PASSPHRASE',
    'AWS_SECRET_ACCESS_KEY',
    'GOOGLE_CREDENTIALS',
    'PRIVATE_KEY',
    'DB_PASS',
    'ENCRYPTION_KEY',
    'Authorization',
    'proxy-authorization',
    'X-Api-Key',
    'SESSION_COOKIE',
  ])('is %s', (name) => {
    expect(looksSecret(name)).toBe(true);
  });

  it.each([
    'MAX_TOKENS',
    'TOKENIZER',
    'INPUT_TOKENS',
    'HOME',
    'KEY',
    'PRIMARY_KEYWORD',
    'PASS',
    'TOKEN_FILE',
    'private_key_path',
    'api_key_env',
    'EOS_TOKEN',
  ])('is not %s', (name) => {
    expect(looksSecret(name)).toBe(false);
  });
});

describe('a text that holds a secret', () => {
  it('is looked at, whatever the name is that has it', () => {
    const word = fc.constantFrom(
      ...['api', 'access', 'private', 'auth', 'key', 'pass', 'pwd', 'passwd', 'token', 'secret'],
      ...['db', 'prod', '2', 'session', 'license', 'bearer', 'cookie', 'authorization', 'env'],
    );
    const styles = [
      (words: readonly string[]) => words.join('_'),
      (words: readonly string[]) => words.join('-').toUpperCase(),
      (words: readonly string[]) =>
        words.map((each) => each.charAt(0).toUpperCase() + each.slice(1)).join(''),
      (words: readonly string[]) => words.join(''),
    ];
    const names = fc.tuple(fc.array(word, { minLength: 1, maxLength: 4 }), fc.nat(3));
    fc.assert(
      fc.property(names, ([words, style]) => {
        const name = styles[style]?.(words) ?? '';
        expect(mayHoldSecret(JSON.stringify({ [name]: 'x' })) || !looksSecret(name)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ...['{"api_key_env": "ENGINE_LOGIN"}', '{"hub": "hf_AbCdEfGhIjKlMnOpQr"}', 'db-pass: x'],
    ...['a: sk-proj-0123456789abcdef', 'a: AKIA0123456789ABCDEF', 'a: nvapi-0123456789abc'],
  ])('may be %s', (text) => {
    expect(mayHoldSecret(text)).toBe(true);
  });

  it.each(['services: { engine: { image: "vllm:1" } }', '{"model": "m", "rates": [1, 2]}'])(
    'is none where nothing in it is like one: %s',
    (text) => {
      expect(mayHoldSecret(text)).toBe(false);
    },
  );
});

describe('the collected secrets', () => {
  it('are the values of such names, long enough to be worth masking', () => {
    const secrets = createSecretCollector();
    secrets.note('DB_PASSWORD', 'hunter2!');
    secrets.note('DB_USER', 'postgres');
    secrets.note('DB_PASSWORD', 'abc');
    secrets.note('USE_TOKEN', 'true');
    secrets.note('MAX_TOKEN', '4096');
    secrets.note('PIN_PASSWORD', '4711');
    secrets.add('from nodes.yaml');
    secrets.add(null);
    expect(secrets.values()).toEqual(['from nodes.yaml', 'hunter2!', '4711']);
  });

  it.each([
    ['WHATEVER', 'hf_AbCdEfGhIjKlMnOpQr', ['hf_AbCdEfGhIjKlMnOpQr']],
    ['WHATEVER', 'sk-proj-0123456789abcdef', ['sk-proj-0123456789abcdef']],
    ['LICENCE', 'eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl', ['eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl']],
    ['DATABASE', 'postgres://me:p%40ssw0rd@db:5432/x', ['p%40ssw0rd', 'p@ssw0rd']],
    ['ENGINE_KEY', 'f00dcafe0123456789ab', ['f00dcafe0123456789ab']],
    ['SORT_KEY', 'created_at', []],
    ['MODEL', 'sk-learn', []],
    ['HOMEPAGE', 'http://example.org:8080/x@y', []],
  ])('give themselves away as the value of %s: %s', (name, value, expected) => {
    const secrets = createSecretCollector();
    secrets.note(name, value);
    expect(secrets.values()).toEqual(expected);
  });

  it('are whatever a marked variable holds, before and after it was marked', () => {
    const secrets = createSecretCollector();
    secrets.note('ENGINE_LOGIN', 'before');
    secrets.mark('ENGINE_LOGIN');
    secrets.note('ENGINE_LOGIN', 'later on');
    secrets.note('OTHER', 'something else');
    expect(secrets.values()).toEqual(['later on', 'before']);
  });

  it('are masked as they are written in YAML, JSON and compose files, too', () => {
    const mask = createMask([`it's "$x"`]);
    expect(mask(`a: 'it''s "$x"'`)).toBe(`a: '***'`);
    expect(mask(`"it's \\"$x\\""`)).toBe('"***"');
    expect(mask(`it's "$$x"`)).toBe('***');
  });

  it('are masked longest first, so that nothing is left of one that contains another', () => {
    const secrets = createSecretCollector();
    secrets.add('pass');
    secrets.add('passphrase');
    expect(createMask(secrets.values())('a passphrase, a pass')).toBe('a ***, a ***');
  });
});
