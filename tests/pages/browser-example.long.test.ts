import { describe } from 'vitest';
import { chromiumExecutable } from '../support/chromium.mjs';
import { reportAbsentChromium } from './absent-chromium.js';
import { exampleBench } from './example-bench.js';
import { journeyTests } from './example-journeys.js';
import { keyTests } from './example-keys.js';
import { looksTests } from './example-looks.js';
import { problemTests } from './example-problems.js';

const executablePath = chromiumExecutable();

if (executablePath === undefined) reportAbsentChromium();
else {
  // One server and one browser for all of them: to start both takes longer than most tests.
  describe('the example page in Chromium', { timeout: 60_000 }, () => {
    const bench = exampleBench(executablePath);
    journeyTests(bench);
    keyTests(bench);
    problemTests(bench);
    looksTests(bench);
  });
}
