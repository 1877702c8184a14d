import { describe, expect, it } from 'vitest';

import { EVERYTHING, selectScenarios } from '../../../src/plan/selection.js';
import { projectSpec, scenarioSpec } from '../../support/specs.js';

const scenarios = [
  scenarioSpec({ name: 'baseline', directory: '001_baseline', tags: ['performance', 'nightly'] }),
  scenarioSpec({ name: 'memory', directory: '002_memory', tags: ['performance', 'experimental'] }),
  scenarioSpec({ name: 'large', directory: '003_large', tags: ['nightly'] }),
  scenarioSpec({ name: 'off', directory: '004_off', enabled: false, tags: ['nightly'] }),
];

function select(
  filters: Partial<ReturnType<typeof projectSpec>['filters']>,
  selection: Partial<typeof EVERYTHING> = {},
) {
  const project = projectSpec({ scenarios, filters: { ...projectSpec().filters, ...filters } });
  const { selected, skipped, unknown } = selectScenarios(project, { ...EVERYTHING, ...selection });
  return {
    selected: selected.map(({ name }) => name),
    skipped: Object.fromEntries(skipped.map(({ name, reason }) => [name, reason])),
    unknown,
  };
}

describe('selectScenarios', () => {
  it('takes every enabled scenario in the order of the project', () => {
    expect(select({})).toEqual({
      selected: ['baseline', 'memory', 'large'],
      skipped: { off: 'disabled' },
      unknown: [],
    });
  });

  it.each([
    [{ includeTags: ['performance'] }, ['baseline', 'memory']],
    [{ excludeTags: ['experimental'] }, ['baseline', 'large']],
    [{ onlyScenarios: ['large', '001_baseline'] }, ['baseline', 'large']],
    [{ skipScenarios: ['baseline'] }, ['memory', 'large']],
    [{ includeTags: ['performance'], excludeTags: ['nightly'] }, ['memory']],
  ])('applies the project’s filters %j', (filters, expected) => {
    expect(select(filters).selected).toEqual(expected);
  });

  it('says which filter left a scenario out', () => {
    expect(select({ includeTags: ['nightly'], excludeTags: ['experimental'] }).skipped).toEqual({
      memory: 'has none of the tags of filters.include_tags (nightly)',
      off: 'disabled',
    });
  });

  it('narrows with --tags and --skip-tags what the filters leave', () => {
    expect(
      select(
        { includeTags: ['performance'] },
        { tags: ['nightly', 'experimental'], skipTags: ['experimental'] },
      ),
    ).toMatchObject({ selected: ['baseline'] });
  });

  it('takes a scenario that is named, though it is disabled or filtered out', () => {
    expect(select({ skipScenarios: ['large'] }, { scenarios: ['off', '003_large'] })).toEqual({
      selected: ['large', 'off'],
      skipped: {},
      unknown: [],
    });
  });

  it('tells names that the project does not have', () => {
    expect(select({}, { scenarios: ['baseline', 'basline'] }).unknown).toEqual(['basline']);
  });
});
