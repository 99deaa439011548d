/** What `work` makes of each item, in their order, a few at once. @throws what an item's work throws, or the items do */
export async function* inParallel<Item, Result>(
  items: AsyncIterable<Item>,
  atOnce: number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result> {
  const underWay: Promise<Result>[] = [];
  try {
    for await (const item of items) {
      const result = work(item);
      // It may fail while an earlier one is awaited: then it is told in its turn.
      result.catch(() => {});
      underWay.push(result);
      if (underWay.length >= atOnce) yield await (underWay.shift() as Promise<Result>);
    }
    while (underWay.length > 0) yield await (underWay.shift() as Promise<Result>);
  } finally {
    await Promise.allSettled(underWay);
  }
}
