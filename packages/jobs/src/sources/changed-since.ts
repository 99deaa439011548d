import type { ObjectSource } from '../contract/object-source.js';

/** How far the clocks of what made an inventory and of what stored an object may differ. */
const slackMs = 15 * 60 * 1000;

/**
 * A source, and behind its lanes one more with what a listing says was modified since a time: an inventory is no younger
 * than its creation. What a job writes itself is modified too, so that lane looks at it again.
 *
 * @param listing - has one lane
 */
export function withChangesSince(base: ObjectSource, listing: ObjectSource, since: Date): ObjectSource {
  const earliestMs = since.getTime() - slackMs;
  const { middle } = listing;
  const { count } = base;
  return {
    lanes: base.lanes + 1,
    async page(range, cursor, signal) {
      if (range.lane < base.lanes) return base.page(range, cursor, signal);
      const page = await listing.page({ ...range, lane: 0 }, cursor, signal);
      const isRecent = (time: Date | undefined): boolean =>
        time === undefined || time.getTime() >= earliestMs;
      return {
        ...page,
        items: page.items.filter(({ lastModified }) => isRecent(lastModified)),
        end: page.end ?? page.items.at(-1)?.position,
      };
    },
    // Of what changed since nobody knows how much it is.
    ...(count && { count }),
    ...(middle && {
      middle: async (range, cursor, signal) => {
        if (range.lane < base.lanes) return base.middle?.(range, cursor, signal);
        return middle({ ...range, lane: 0 }, cursor, signal);
      },
    }),
  };
}
