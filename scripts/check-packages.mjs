// The packages as they are published: what can be tried in a few minutes. `npm run test:packages` tries the rest too.
import '../tests/packages/run.mjs';
