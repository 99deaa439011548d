import { CapabilityMissingError, type ListPlace, type ObjectTransport } from '@oss-envelope/core';

/**
 * Deletes an object for good, in a bucket with versions all of its versions too.
 *
 * @throws CapabilityMissingError when there are versions and the transport cannot list them; as the transport
 */
export async function deleteForGood(
  transport: Pick<ObjectTransport, 'bucketView' | 'delete'>,
  key: string,
): Promise<void> {
  const { headers } = await transport.delete({ key, headers: {} });
  if (headers['x-oss-version-id'] === undefined) return;
  const view = transport.bucketView;
  if (view === undefined) {
    throw new CapabilityMissingError('bucketView', 'this transport cannot list versions');
  }
  let after: ListPlace | undefined;
  do {
    const page = await view.listVersions({ prefix: key, after, headers: {} });
    const own = page.versions.filter((version) => version.key === key);
    for (const { versionId } of own) await transport.delete({ key, versionId, headers: {} });
    // Its own key comes first of all that begin with it.
    after = own.length < page.versions.length ? undefined : page.next;
  } while (after !== undefined);
}
