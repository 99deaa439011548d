/** What the server tells the page. */
export interface Settings {
  /** What the name of every object begins with. */
  readonly allowedPrefix: string;
  /** The bucket's name. */
  readonly bucket: string;
  /** Whether the bucket is one of a local OSS. */
  readonly isLocal: boolean;
}

export async function loadSettings(): Promise<Settings> {
  return (await fetch('/settings.json')).json();
}
