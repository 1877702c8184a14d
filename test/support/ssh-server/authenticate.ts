import ssh2 from 'ssh2';
import type { AuthContext, AuthenticationType } from 'ssh2';

/** Who may log in, and how. What is not given is not offered. Without anything: everybody, with nothing. */
export interface Accepted {
  readonly password?: string;
  readonly keyboardInteractive?: {
    readonly prompt: string;
    readonly echo?: boolean;
    readonly answer: string;
  };
  /** A public key as `ssh-keygen` writes it. */
  readonly publicKey?: string;
}

/** Answers one request to log in. @param attempts Gets the methods that were tried, `none` left out. */
export function authenticate(context: AuthContext, accepted: Accepted, attempts: string[]): void {
  const allowed: AuthenticationType[] = [
    ...(accepted.publicKey === undefined ? [] : (['publickey'] as const)),
    ...(accepted.password === undefined ? [] : (['password'] as const)),
    ...(accepted.keyboardInteractive === undefined ? [] : (['keyboard-interactive'] as const)),
  ];
  const isOpen = allowed.length === 0;
  if (context.method !== 'none') attempts.push(context.method);
  const decide = (isRight: boolean) => {
    if (isRight) context.accept();
    else context.reject(allowed);
  };
  switch (context.method) {
    case 'password':
      decide(isOpen || context.password === accepted.password);
      return;
    case 'publickey':
      decide(isOpen || isRightKey(context, accepted.publicKey));
      return;
    case 'keyboard-interactive': {
      const expected = accepted.keyboardInteractive;
      if (!expected) {
        decide(isOpen);
        return;
      }
      const { prompt, echo = false, answer } = expected;
      context.prompt([{ prompt, echo }], (answers) => {
        decide(answers[0] === answer);
      });
      return;
    }
    case 'none':
    case 'hostbased':
      decide(isOpen);
  }
}

function isRightKey(
  context: Extract<AuthContext, { method: 'publickey' }>,
  publicKey: string | undefined,
): boolean {
  if (publicKey === undefined) return false;
  const key = ssh2.utils.parseKey(publicKey);
  if (key instanceof Error || !key.getPublicSSH().equals(context.key.data)) return false;
  if (!context.signature) return true;
  return key.verify(context.blob ?? '', context.signature, context.hashAlgo);
}
