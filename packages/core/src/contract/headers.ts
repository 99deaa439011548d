/** Header names in lower case, with their values. */
export type Headers = Readonly<Record<string, string>>;
