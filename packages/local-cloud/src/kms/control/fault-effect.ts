import { errorAnswer, type HttpAnswer } from '../http/http-answer.js';
import type { ActionAnswer } from '../operations/actions.js';
import type { KmsFault } from './fault-plan.js';

/** The answer of a fault that strikes instead of the operation; undefined when the operation goes on. */
export function faultAnswer(
  fault: KmsFault | undefined,
  requestId: string,
  hostId: string,
): HttpAnswer | undefined {
  switch (fault?.kind) {
    case 'throttle':
      return errorAnswer(
        fault.status ?? 429,
        fault.code ?? 'Rejected.Throttling',
        'QPS Limit Exceeded',
        requestId,
        hostId,
      );
    case 'status':
      return errorAnswer(
        fault.status,
        fault.code ?? (fault.status === 503 ? 'ServiceUnavailableTemporary' : 'InternalFailure'),
        fault.message ?? 'The service cannot answer now.',
        requestId,
        hostId,
      );
    case 'garbage':
      return {
        status: fault.status ?? 200,
        code: undefined,
        body: fault.body ?? '<html><body><h1>It works!</h1></body></html>',
        contentType: 'text/html',
      };
    default:
      return undefined;
  }
}

/** The members of an answer, after a fault that spoils them. */
export function spoiltFields(
  fields: ActionAnswer,
  fault: KmsFault | undefined,
  randomBytes: (lengthBytes: number) => Uint8Array,
): ActionAnswer {
  switch (fault?.kind) {
    case 'missing-fields': {
      const missing = fault.fields ?? ['Plaintext', 'CiphertextBlob', 'KeyId'];
      return Object.fromEntries(Object.entries(fields).filter(([name]) => !missing.includes(name)));
    }
    case 'wrong-key-length':
      return {
        ...fields,
        Plaintext: Buffer.from(randomBytes(fault.lengthBytes ?? 17)).toString('base64'),
      };
    case 'replace-fields':
      return { ...fields, ...fault.fields };
    default:
      return fields;
  }
}
