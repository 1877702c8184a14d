import type {
  AnyAuthMethod,
  AuthenticationType,
  KeyboardInteractiveCallback,
  NextAuthHandler,
  Prompt,
} from 'ssh2';

import type { Credential, Credentials } from './credentials.js';

type Method = 'publickey' | 'password' | 'keyboard-interactive';

/** What became of an authentication, for the message of its failure. */
export interface AuthenticationLog {
  /** What was tried, in order. */
  readonly tried: readonly string[];
  /** The methods the server says it allows; `null`: it never said. */
  readonly allowed: readonly string[] | null;
  /** Questions that nobody could answer: `Verification code:`. */
  readonly unanswered: readonly string[];
}

/** Tries credentials one after the other, each at most once. */
export interface AuthenticationSequence {
  /** ssh2's `authHandler`: answers what to try next. */
  next(
    allowed: readonly AuthenticationType[] | null,
    isPartialSuccess: boolean | null,
    answer: NextAuthHandler,
  ): void;
  readonly log: AuthenticationLog;
}

/** @param user The name to log in with. */
export function createAuthenticationSequence(
  user: string,
  credentials: Credentials,
): AuthenticationSequence {
  const remaining: { credential: Credential; readonly methods: Method[] }[] = credentials.list.map(
    (credential) => ({ credential, methods: methodsOf(credential) }),
  );
  const tried: string[] = [];
  const unanswered: string[] = [];
  let allowed: readonly string[] | null = null;
  let hasAsked = false;

  const attempt = (credential: Credential, method: Method): AnyAuthMethod => {
    switch (credential.type) {
      case 'key':
        return { type: 'publickey', username: user, key: credential.key as unknown as Buffer };
      case 'agent':
        return { type: 'agent', username: user, agent: credential.agent };
      case 'password':
        return method === 'password'
          ? { type: 'password', username: user, password: credential.password }
          : {
              type: 'keyboard-interactive',
              username: user,
              prompt: answerOnce(credential.password, unanswered),
            };
    }
  };

  return {
    log: {
      tried,
      unanswered,
      get allowed() {
        return allowed;
      },
    },
    next(methods, isPartialSuccess, answer) {
      if (methods !== null) allowed = [...methods];
      // A key is offered at once. Before a password is sent somewhere, one asks whether it may be, and in which way:
      // trying both ways would be two attempts with one password.
      const ask = () => {
        hasAsked = true;
        answer({ type: 'none', username: user });
      };
      for (const [index, { credential, methods: possible }] of remaining.entries()) {
        if (credential.type === 'password' && allowed === null && !hasAsked) {
          ask();
          return;
        }
        const method = possible.find((name) => allowed === null || allowed.includes(name));
        if (method === undefined) continue;
        if (credential.type === 'password') {
          if (tried.includes(credential.description) && isPartialSuccess !== true) continue;
          // Where the password was right and is asked for in the other way as well, it may be given again.
          remaining[index] = { credential, methods: possible.filter((name) => name !== method) };
        } else {
          remaining.splice(index, 1);
        }
        tried.push(credential.description);
        answer(attempt(credential, method));
        return;
      }
      // For the message of the failure: what the server would allow.
      if (allowed === null && !hasAsked) {
        ask();
        return;
      }
      answer(false as never);
    },
  };
}

function methodsOf({ type }: Credential): Method[] {
  return type === 'password' ? ['password', 'keyboard-interactive'] : ['publickey'];
}

/** Gives the password to the first question that hides its answer; there is nobody to answer any other. */
function answerOnce(
  password: string,
  unanswered: string[],
): (
  name: string,
  instructions: string,
  language: string,
  prompts: Prompt[],
  finish: KeyboardInteractiveCallback,
) => void {
  let isAnswered = false;
  return (_name, _instructions, _language, prompts, finish) => {
    const [prompt, ...others] = prompts;
    if (!isAnswered && prompt?.echo !== true && others.length === 0) {
      isAnswered = true;
      finish([password]);
      return;
    }
    unanswered.push(...prompts.map((each) => each.prompt.trim()));
    finish(prompts.map(() => ''));
  };
}
