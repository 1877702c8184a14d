import { DURATION_PATTERN, DURATION_WORDS } from '../value/duration.js';
import { SIZE_PATTERN, SIZE_WORDS } from '../value/size.js';

/**
 * Pieces of JSON Schema. `patternErrorMessage` is what editors show, and what problems say, instead of the pattern.
 * Schemas are written as constants, so that the types of the files are derived from them (`XStatic` of TypeBox) and the
 * published schemas and the validators generated (`scripts/generate-schemas.ts`).
 */

export const NAME_PATTERN = '^[A-Za-z0-9][A-Za-z0-9._-]*$';
export const NAME_WORDS =
  'a name of letters, digits, `.`, `_` and `-` that starts with a letter or a digit';

export const text = (description: string) => ({ type: 'string', description }) as const;

export const flag = (description: string, builtIn: boolean) =>
  ({ type: 'boolean', description, default: builtIn }) as const;

export const count = (description: string, minimum: number, builtIn: number) =>
  ({ type: 'integer', minimum, description, default: builtIn }) as const;

export const duration = (description: string, builtIn?: number) =>
  ({
    type: ['number', 'string'],
    minimum: 0,
    pattern: DURATION_PATTERN,
    patternErrorMessage: DURATION_WORDS,
    description: `${description} Seconds, or a duration such as 90s, 5m, 1h30m.`,
    ...(builtIn === undefined ? {} : { default: builtIn }),
  }) as const;

export const size = (description: string) =>
  ({
    type: ['number', 'string'],
    minimum: 0,
    pattern: SIZE_PATTERN,
    patternErrorMessage: SIZE_WORDS,
    description: `${description} Bytes, or a size such as 24GB or 24GiB.`,
  }) as const;

export const name = (description: string) =>
  ({
    type: 'string',
    pattern: NAME_PATTERN,
    patternErrorMessage: NAME_WORDS,
    description,
  }) as const;

export const texts = (description: string) =>
  ({ type: 'array', items: { type: 'string' }, description }) as const;

/** A map whose keys are the user's own. */
export const textMap = (description: string) =>
  ({
    type: 'object',
    additionalProperties: { type: ['string', 'number', 'boolean'] },
    description,
  }) as const;
