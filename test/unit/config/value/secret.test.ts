import { describe, expect, it } from 'vitest';

import {
  createMask,
  createSecretCollector,
  looksSecret,
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

  it('are masked longest first, so that nothing is left of one that contains another', () => {
    const secrets = createSecretCollector();
    secrets.add('pass');
    secrets.add('passphrase');
    expect(createMask(secrets.values())('a passphrase, a pass')).toBe('a ***, a ***');
  });
});
