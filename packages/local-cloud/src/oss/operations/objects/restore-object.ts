import { z } from 'zod';
import { invalidArgument, OssError } from '../../http/oss-error.js';
import { emptyResponse } from '../../http/oss-response.js';
import { isArchived, restorationState } from '../archive.js';
import { type Operation, requestedBucket, requestedObject, versionHeader } from '../operation.js';
import { readXml, receiveText } from '../received-xml.js';

const DAY_MS = 24 * 60 * 60 * 1000;
const MAX_XML_BYTES = 64 * 1024;
const MAX_ARCHIVE_DAYS = 7;
const MAX_COLD_DAYS = 365;
const TIERS = ['Expedited', 'Standard', 'Bulk'];

const restoreRequest = z.strictObject({
  Days: z
    .string()
    .regex(/^\d{1,3}$/)
    .transform(Number)
    .optional(),
  JobParameters: z.strictObject({ Tier: z.string() }).optional(),
});

/** RestoreObject: 202 at first, 409 while it goes on, 200 with more days when it is done. */
export const restoreObject: Operation = {
  name: 'RestoreObject',
  access: 'owner',
  parameters: ['versionId'],
  async run(context) {
    const bucket = requestedBucket(context);
    const now = context.request.receivedAt;
    const text = await receiveText(context, MAX_XML_BYTES);
    const asked = text.trim() === '' ? {} : readXml(text, 'RestoreRequest', restoreRequest);
    const object = requestedObject(context);
    if (!isArchived(object)) throw new OssError('OperationNotSupported', { details: { Key: object.key } });
    const isCold = object.attributes.storageClass !== 'Archive';
    const days = asked.Days ?? 1;
    // The priority is for the cold classes only.
    if (days < 1 || days > (isCold ? MAX_COLD_DAYS : MAX_ARCHIVE_DAYS) || (asked.JobParameters && !isCold)) {
      throw new OssError('MalformedXML');
    }
    const tier = asked.JobParameters?.Tier ?? 'Standard';
    if (!TIERS.includes(tier))
      throw invalidArgument('Tier', tier, `Tier must be one of ${TIERS.join(', ')}.`);
    const state = restorationState(object, now);
    if (state === 'ongoing') throw new OssError('RestoreAlreadyInProgress', { details: { Key: object.key } });
    const readyAt =
      state === 'restored' ? object.restoration!.readyAt : new Date(now.getTime() + context.restoreDelayMs);
    const from = state === 'restored' ? now : readyAt;
    const restoration = { readyAt, expiresAt: new Date(from.getTime() + days * DAY_MS) };
    await context.catalog.changeObject(bucket, object, { restoration });
    return emptyResponse(state === 'restored' ? 200 : 202, {
      ...versionHeader(bucket, object.versionId),
      ...(isCold ? { 'x-oss-object-restore-priority': tier } : {}),
    });
  },
};
