import type { ObjectResponse } from '../contract/object-transport.js';
import { assertFromOss, type OssMark } from './oss-answer.js';
import type { CallOss, OssAnswer } from './oss-request.js';
import { type DocumentAnswer, resultElement } from './result-document.js';

/** What these operations are made of. */
export interface OperationTools {
  readonly bucket: () => string | undefined;
  readonly call: CallOss;
  readonly takeDocument: (answer: OssAnswer) => Promise<DocumentAnswer>;
  readonly takeResponse: (...names: OssMark[]) => (answer: OssAnswer) => Promise<ObjectResponse>;
}

/** Takes an answer in that is the document `name` of OSS. */
export function takeResult(
  { takeDocument }: OperationTools,
  name: string,
): (answer: OssAnswer) => Promise<ObjectResponse> {
  return async (answer) => {
    const result = await takeDocument(answer);
    resultElement(result, name);
    assertFromOss(result.headers, 'etag', 'x-oss-request-id');
    return result;
  };
}
