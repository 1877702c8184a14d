/** Time and memory of planning 10,000 services in 1,000 scenarios. `npm run bench:plan`. */
import { EVERYTHING } from '../../src/plan/selection.js';
import { planSuite } from '../../src/plan/suite-plan.js';
import { projectSpec, scenarioSpec, serviceSpec } from '../support/specs.js';

const SCENARIOS = 1_000;
const SERVICES = 10;

const project = projectSpec({
  scenarios: Array.from({ length: SCENARIOS }, (_, scenario) =>
    scenarioSpec({
      name: `scenario-${scenario}`,
      directory: String(scenario).padStart(4, '0'),
      services: Array.from({ length: SERVICES }, (_, service) =>
        serviceSpec(
          `service-${service}`,
          [service - 1, service - 3]
            .filter((below) => below >= 0)
            .map((below) => `service-${below}`),
        ),
      ),
    }),
  ),
});
const begin = performance.now();
const { plan } = planSuite(project, EVERYTHING);
const took = performance.now() - begin;
const operations = plan.scenarios.reduce((sum, scenario) => sum + scenario.operations.length, 0);
const peakMb = process.resourceUsage().maxRSS / 1024;
console.log(
  `planned ${SCENARIOS * SERVICES} services in ${SCENARIOS} scenarios (${operations} operations): ` +
    `${took.toFixed(0)} ms (aim: under 2000), peak memory ${peakMb.toFixed(0)} MB (aim: under 300)`,
);
