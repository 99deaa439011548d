export const rooms: Readonly<Record<string, readonly { readonly room: string; readonly job: string }[]>>;
export const packages: Readonly<Record<string, readonly string[]>>;
export const nodeSource: Readonly<Record<string, readonly string[]>>;
