// The disk that a run's files lie on: `node:fs/promises` for core, which is full, or loses what was not synced, when told.
import { constants as fsConstants, type PathLike } from 'node:fs';
import * as real from 'node:fs/promises';
import { dirname, join } from 'node:path';

export * from 'node:fs/promises';

/** When the disk is full, and what it is that finds no room. */
export interface FullDisk {
  readonly kind: 'full';
  /** Where the lack shows: when a file is made, when it is written, or (the system was late to look) when it is synced. */
  readonly at: 'create' | 'sync' | 'write';
  /** What still fits: bytes, or for `create` files. */
  readonly room: number;
}

/** When the power goes. */
export interface PowerCut {
  readonly kind: 'cut';
  /** How many changes of the disk come before. */
  readonly afterChanges: number;
  /** Called at that instant. */
  readonly onCut: () => void;
}

type Change =
  | { readonly kind: 'write'; readonly offsetBytes: number; readonly bytes: Buffer }
  | { readonly kind: 'truncate'; readonly sizeBytes: number };

/** A file, whatever its names are. */
interface Inode {
  durable: Buffer;
  unsynced: Change[];
}

/** Names that are there after a change, and no longer. A change is on the disk as a whole or not at all. */
interface NameChange {
  readonly added?: readonly [name: string, inode: Inode];
  readonly removed?: string;
}

/** What can be lost at once. Real disks lose sectors or pages; small ones show more. */
const blockBytes = 4096;

function systemError(code: string, what: string): Error {
  return Object.assign(new Error(`${code}: ${what} (simulated)`), { code, syscall: what });
}

class SimulatedDisk {
  #folder: string | undefined;
  #fault: FullDisk | PowerCut | undefined;
  #room = 0;
  #names = new Map<string, Inode>();
  #durableNames = new Map<string, Inode>();
  #nameChanges: NameChange[] = [];
  #changes = 0;
  /** Whether the power is off. */
  isCut = false;
  /** Whether the fault has struck. */
  isStruck = false;

  /** Changes since the start. */
  get changes(): number {
    return this.#changes;
  }

  /** Lets a fault come over the files of a folder, which are all on the disk as they are now. */
  async start(folder: string, fault: FullDisk | PowerCut): Promise<void> {
    this.stop();
    this.#folder = folder;
    this.#fault = fault;
    this.#room = fault.kind === 'full' ? fault.room : 0;
    for (const name of await real.readdir(folder)) {
      this.#names.set(name, { durable: await real.readFile(join(folder, name)), unsynced: [] });
    }
    this.#durableNames = new Map(this.#names);
  }

  /** The disk is sound again, and what it forgets it has forgotten. */
  stop(): void {
    this.#folder = undefined;
    this.#fault = undefined;
    this.#names = new Map();
    this.#durableNames = new Map();
    this.#nameChanges = [];
    this.#changes = 0;
    this.isCut = false;
    this.isStruck = false;
  }

  /** Whether calls for a path are simulated. */
  has(path: PathLike): path is string {
    return this.#folder !== undefined && (path === this.#folder || dirname(String(path)) === this.#folder);
  }

  nameOf(path: string): string | undefined {
    return path === this.#folder ? undefined : path.slice((this.#folder as string).length + 1);
  }

  inodeOf(name: string): Inode {
    let inode = this.#names.get(name);
    if (inode === undefined) {
      inode = { durable: Buffer.alloc(0), unsynced: [] };
      this.#names.set(name, inode);
    }
    return inode;
  }

  /** Before each call. @throws when the power is off */
  use(): void {
    if (this.isCut) throw systemError('EIO', 'power');
  }

  /** Before each call that changes something. @throws when the power is off, or goes now */
  change(): void {
    this.use();
    const fault = this.#fault;
    if (fault?.kind === 'cut' && this.#changes >= fault.afterChanges) this.cut();
    this.use();
    this.#changes++;
  }

  cut(): void {
    if (this.isCut || this.#fault?.kind !== 'cut') return;
    this.isCut = true;
    this.isStruck = true;
    this.#fault.onCut();
  }

  /** How many of these bytes can be written. @throws when there is no room for any */
  roomFor(sizeBytes: number): number {
    if (this.#fault?.kind !== 'full' || this.#fault.at !== 'write') return sizeBytes;
    const taken = Math.min(sizeBytes, this.#room);
    this.#room -= taken;
    if (taken < sizeBytes) this.isStruck = true;
    if (taken === 0 && sizeBytes > 0) throw systemError('ENOSPC', 'write');
    return taken;
  }

  /** Before a file or another name of one is made. @throws when there is no room */
  roomForName(): void {
    if (this.#fault?.kind !== 'full' || this.#fault.at !== 'create') return;
    if (this.#room <= 0) {
      this.isStruck = true;
      throw systemError('ENOSPC', 'open');
    }
    this.#room--;
  }

  /** Before a sync of content. @throws when what was written has no room */
  roomForSync(inode: Inode): void {
    if (this.#fault?.kind !== 'full' || this.#fault.at !== 'sync') return;
    for (const change of inode.unsynced) if (change.kind === 'write') this.#room -= change.bytes.length;
    if (this.#room >= 0) return;
    this.isStruck = true;
    throw systemError('ENOSPC', 'fsync');
  }

  changeNames(change: NameChange): void {
    applyTo(this.#names, change);
    this.#nameChanges.push(change);
  }

  syncNames(): void {
    this.#durableNames = new Map(this.#names);
    this.#nameChanges = [];
  }

  /**
   * What is on the disk when the power is back. Of the changes of names the first ones are there, as with a journal of
   * the file system; of what was written since a sync, any blocks are, and zeros where others are not.
   *
   * @param random - chooses what is lost
   */
  async comeBack(random: () => number): Promise<void> {
    const folder = this.#folder as string;
    const names = new Map(this.#durableNames);
    for (const change of this.#nameChanges.slice(0, Math.floor(random() * (this.#nameChanges.length + 1)))) {
      applyTo(names, change);
    }
    // Nothing of it, all of it, or some: each is met often.
    const chance = [0, 0.5, 1][Math.floor(random() * 3)]!;
    const survives = (): boolean => random() < chance;
    const contents = new Map<Inode, Buffer>();
    for (const inode of names.values()) {
      if (!contents.has(inode)) contents.set(inode, remains(inode, survives));
    }
    for (const name of await real.readdir(folder)) {
      const path = join(folder, name);
      const inode = names.get(name);
      const isAsItWas = inode !== undefined && inode === this.#names.get(name) && inode.unsynced.length === 0;
      if (isAsItWas) names.delete(name);
      else await real.rm(path, { force: true });
    }
    for (const [name, inode] of names) {
      await real.writeFile(join(folder, name), contents.get(inode) as Buffer, { mode: 0o600 });
    }
    this.stop();
  }
}

function applyTo(names: Map<string, Inode>, { added, removed }: NameChange): void {
  if (added !== undefined) names.set(...added);
  if (removed !== undefined) names.delete(removed);
}

/** The content of a file of which not all was synced. */
function remains({ durable, unsynced }: Inode, survives: () => boolean): Buffer {
  let content = durable;
  for (const change of unsynced) {
    if (change.kind === 'truncate') {
      if (survives()) content = resized(content, change.sizeBytes);
      continue;
    }
    const { offsetBytes, bytes } = change;
    for (let from = 0; from < bytes.length; ) {
      const to = Math.min(bytes.length, from + blockBytes - ((offsetBytes + from) % blockBytes));
      if (survives()) {
        content = Buffer.from(resized(content, Math.max(content.length, offsetBytes + to)));
        bytes.copy(content, offsetBytes + from, from, to);
      }
      from = to;
    }
  }
  return content;
}

function resized(content: Buffer, sizeBytes: number): Buffer {
  return Buffer.concat([content, Buffer.alloc(Math.max(0, sizeBytes - content.length))], sizeBytes);
}

/** The disk of this process. */
export const disk: SimulatedDisk = new SimulatedDisk();

/** An open file. It has what core uses of a handle. */
class DiskHandle {
  readonly #handle: real.FileHandle;
  readonly #inode: Inode | undefined;
  #position = 0;

  /** @param inode - undefined for the folder */
  constructor(handle: real.FileHandle, inode: Inode | undefined) {
    this.#handle = handle;
    this.#inode = inode;
  }

  async read(...args: unknown[]): Promise<unknown> {
    disk.use();
    return (this.#handle.read as (...args: unknown[]) => Promise<unknown>)(...args);
  }

  async readFile(...args: unknown[]): Promise<unknown> {
    disk.use();
    return (this.#handle.readFile as (...args: unknown[]) => Promise<unknown>)(...args);
  }

  async stat(): Promise<unknown> {
    disk.use();
    return this.#handle.stat();
  }

  async write(
    bytes: Uint8Array,
    offset = 0,
    length: number = bytes.length - offset,
    position: number | null = null,
  ): Promise<{ bytesWritten: number; buffer: Uint8Array }> {
    disk.change();
    const at = position ?? this.#position;
    const taken = disk.roomFor(length);
    const piece = Buffer.from(bytes.subarray(offset, offset + taken));
    this.#inode?.unsynced.push({ kind: 'write', offsetBytes: at, bytes: piece });
    for (let written = 0; written < taken; ) {
      written += (await this.#handle.write(piece, written, taken - written, at + written)).bytesWritten;
    }
    if (position === null) this.#position = at + taken;
    return { bytesWritten: taken, buffer: bytes };
  }

  async writev(
    all: readonly Uint8Array[],
  ): Promise<{ bytesWritten: number; buffers: readonly Uint8Array[] }> {
    let bytesWritten = 0;
    for (const bytes of all) {
      if (bytes.length === 0) continue;
      try {
        const written = await this.write(bytes);
        bytesWritten += written.bytesWritten;
        if (written.bytesWritten < bytes.length) break;
      } catch (error) {
        if (bytesWritten > 0 && !disk.isCut) break;
        throw error;
      }
    }
    return { bytesWritten, buffers: all };
  }

  async writeFile(text: string | Uint8Array): Promise<void> {
    const bytes = Buffer.from(text as string);
    for (let written = 0; written < bytes.length; ) {
      written += (await this.write(bytes, written)).bytesWritten;
    }
  }

  async truncate(sizeBytes = 0): Promise<void> {
    disk.change();
    await this.#handle.truncate(sizeBytes);
    this.#inode?.unsynced.push({ kind: 'truncate', sizeBytes });
  }

  async chmod(mode: number): Promise<void> {
    disk.change();
    await this.#handle.chmod(mode);
  }

  async datasync(): Promise<void> {
    return this.sync();
  }

  async sync(): Promise<void> {
    disk.change();
    if (this.#inode === undefined) return disk.syncNames();
    disk.roomForSync(this.#inode);
    const { size } = await this.#handle.stat();
    const content = Buffer.alloc(size);
    await this.#handle.read(content, 0, size, 0);
    this.#inode.durable = content;
    this.#inode.unsynced = [];
  }

  /** Also when the power is off: the process is gone then, and so are its descriptors. */
  async close(): Promise<void> {
    await this.#handle.close();
  }
}

type Open = typeof real.open;
/** `open` of `node:fs/promises`. */
export const open: Open = async (path, flags, mode) => {
  if (!disk.has(path)) return real.open(path, flags, mode);
  disk.use();
  const name = disk.nameOf(path);
  if (name === undefined) return new DiskHandle(await real.open(path, flags, mode), undefined) as never;
  const mayCreate = typeof flags === 'number' && (flags & fsConstants.O_CREAT) !== 0;
  const isThere = await real.lstat(path).then(
    () => true,
    () => false,
  );
  if (mayCreate && !isThere) {
    disk.change();
    disk.roomForName();
  }
  // To sync a file it is read first.
  const readable =
    typeof flags === 'number' && (flags & fsConstants.O_WRONLY) !== 0
      ? (flags & ~fsConstants.O_WRONLY) | fsConstants.O_RDWR
      : flags;
  const handle = await real.open(path, readable, mode);
  const inode = disk.inodeOf(name);
  if (mayCreate && !isThere) disk.changeNames({ added: [name, inode] });
  return new DiskHandle(handle, inode) as never;
};

/** `rename` of `node:fs/promises`. */
export const rename: typeof real.rename = async (from, to) => {
  if (!disk.has(from) || !disk.has(to)) return real.rename(from, to);
  disk.change();
  const [source, target] = [disk.nameOf(from) as string, disk.nameOf(to) as string];
  const inode = disk.inodeOf(source);
  await real.rename(from, to);
  disk.changeNames({ added: [target, inode], removed: source });
};

/** `link` of `node:fs/promises`. */
export const link: typeof real.link = async (from, to) => {
  if (!disk.has(from) || !disk.has(to)) return real.link(from, to);
  disk.change();
  disk.roomForName();
  await real.link(from, to);
  disk.changeNames({ added: [disk.nameOf(to) as string, disk.inodeOf(disk.nameOf(from) as string)] });
};

/** `rm` of `node:fs/promises`. */
export const rm: typeof real.rm = async (path, options) => {
  if (!disk.has(path)) return real.rm(path, options);
  disk.change();
  await real.rm(path, options);
  disk.changeNames({ removed: disk.nameOf(path) as string });
};

type Read = typeof real.readFile;
/** `readFile` of `node:fs/promises`. */
export const readFile: Read = (async (path: PathLike, options: never) => {
  if (disk.has(path)) disk.use();
  return real.readFile(path, options);
}) as Read;

/** `stat` of `node:fs/promises`. @public core imports it from here. */
export const stat: typeof real.stat = (async (path: PathLike, options: never) => {
  if (disk.has(path)) disk.use();
  return real.stat(path, options);
}) as typeof real.stat;
