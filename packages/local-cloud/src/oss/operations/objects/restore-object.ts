import { z } from 'zod';
import { invalidArgument, OssError } from '../../http/oss-error.js';
import { emptyResponse } from '../../http/oss-response.js';
import { isArchived, restorationState } from '../archive.js';
import { type Operation, requestedBucket, requestedObject, versionHeader } from '../operation.js';
import { readXml, receiveText } from '../received-xml.js';

const dayMs = 24 * 60 * 60 * 1000;
const maxXmlBytes = 64 * 1024;
const maxArchiveDays = 7;
const maxColdDays = 365;
const tiers = ['Expedited', 'Standard', 'Bulk'];

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
    const text = await receiveText(context, maxXmlBytes);
    const asked = text.trim() === '' ? {} : readXml(text, 'RestoreRequest', restoreRequest);
    const object = requestedObject(context);
    if (!isArchived(object)) throw new OssError('OperationNotSupported', { details: { Key: object.key } });
    const isCold = object.attributes.storageClass !== 'Archive';
    const days = asked.Days ?? 1;
    // The priority is for the cold classes only.
    if (days < 1 || days > (isCold ? maxColdDays : maxArchiveDays) || (asked.JobParameters && !isCold)) {
      throw new OssError('MalformedXML');
    }
    const tier = asked.JobParameters?.Tier ?? 'Standard';
    if (!tiers.includes(tier))
      throw invalidArgument('Tier', tier, `Tier must be one of ${tiers.join(', ')}.`);
    const state = restorationState(object, now);
    if (state === 'ongoing') throw new OssError('RestoreAlreadyInProgress', { details: { Key: object.key } });
    const readyAt =
      state === 'restored' ? object.restoration!.readyAt : new Date(now.getTime() + context.restoreDelayMs);
    const from = state === 'restored' ? now : readyAt;
    const restoration = { readyAt, expiresAt: new Date(from.getTime() + days * dayMs) };
    await context.catalog.changeObject(bucket, object, { restoration });
    return emptyResponse(state === 'restored' ? 200 : 202, {
      ...versionHeader(bucket, object.versionId),
      ...(isCold ? { 'x-oss-object-restore-priority': tier } : {}),
    });
  },
};
