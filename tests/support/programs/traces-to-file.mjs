// Set up as OpenTelemetry is: `node --import` of this before the program. It writes the name of each span into a file.
// usage: TRACES_FILE=… NODE_OPTIONS='--import …/traces-to-file.mjs' PROGRAM
import { appendFileSync } from 'node:fs';
import { createRequire } from 'node:module';

// By the way of the package that has it: OpenTelemetry is one for the whole process, whoever loads it.
const { trace } = createRequire(new URL('../../../packages/jobs/package.json', import.meta.url))(
  '@opentelemetry/api',
);
const { wrapSpanContext } = trace;
const spanContext = { traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: 1 };
trace.setGlobalTracerProvider({
  getTracer: () => ({
    startSpan(name) {
      appendFileSync(process.env.TRACES_FILE, `${name}\n`);
      return wrapSpanContext(spanContext);
    },
  }),
});
