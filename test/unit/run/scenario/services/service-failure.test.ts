import { describe, expect, it } from 'vitest';

import {
  crashed,
  exitedBeforeReady,
} from '../../../../../src/run/scenario/services/service-failure.js';
import { serviceSpec } from '../../../../support/specs.js';

const exitWith = (exitCode: number) => ({
  exitCode,
  signal: null,
  isLost: false,
  description: `exited with status ${exitCode}`,
});

describe('a service that ends', () => {
  it.each([
    ['while it is needed', crashed],
    ['before it is ready', exitedBeforeReady],
  ])('well, %s, may be meant as a one-shot: the hint says how to write that', (_when, failure) => {
    expect(failure(serviceSpec('setup'), exitWith(0), ['done']).hint).toContain(
      '`condition: service_completed_successfully`',
    );
    expect(failure(serviceSpec('setup'), exitWith(1), ['broken']).hint).toBeNull();
  });
});
