import type { Reporter, TestCase } from 'vitest/node';

/** Says why a test that passed had to be tried twice: the default reporter says no more than that it was. */
export function createSecondTryReporter(): Reporter {
  const lines: string[] = [];
  return {
    onTestCaseResult(test: TestCase) {
      const { state, errors = [] } = test.result();
      if (state !== 'passed' || errors.length === 0) return;
      lines.push(`${test.module.relativeModuleId} > ${test.fullName}`);
      for (const { message, stack = '' } of errors) {
        const [place = ''] = stack.split('\n').filter((line) => line.includes('/test/'));
        lines.push(`  ${message.replaceAll('\n', '\n  ')}`, `  ${place.trim()}`);
      }
    },
    onTestRunEnd() {
      if (lines.length > 0) console.log(['', 'Passed at the second try:', ...lines, ''].join('\n'));
    },
  };
}
