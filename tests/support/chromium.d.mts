export function chromiumExecutable(): string | undefined;
export const chromiumArguments: readonly string[];
export function installChromium(): string;
