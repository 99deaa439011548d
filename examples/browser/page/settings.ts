import { askServer } from './server-calls.js';

/** What the server tells the page. */
export interface Settings {
  /** What the name of every object begins with. */
  readonly allowedPrefix: string;
  /** The bucket's name. */
  readonly bucket: string;
  /** Whether the bucket is one of a local OSS. */
  readonly isLocal: boolean;
}

/** @throws ServerError when the server does not give them */
export async function loadSettings(): Promise<Settings> {
  return (await askServer('/settings.json')).json();
}
