/** docs/performance.md and README.md, as the stored runs of the benchmark have them. */
export declare function pagesOfRuns(): Promise<readonly { readonly url: URL; readonly text: string }[]>;
