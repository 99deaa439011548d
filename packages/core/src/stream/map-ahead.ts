/**
 * The results for the items of a source in their order, several of them under way at once. A result that fails ends the
 * iteration in its turn.
 *
 * @param atOnce - how many may be under way, 1 or more
 */
export async function* mapAhead<Item, Result>(
  source: AsyncIterable<Item>,
  atOnce: number,
  map: (item: Item) => Promise<Result>,
): AsyncGenerator<Result> {
  const underWay: Promise<Result>[] = [];
  for await (const item of source) {
    const result = map(item);
    // One that fails while an earlier one is awaited is told in its turn, or not at all.
    result.catch(() => {});
    underWay.push(result);
    if (underWay.length >= atOnce) yield await (underWay.shift() as Promise<Result>);
  }
  for (const result of underWay) yield await result;
}
