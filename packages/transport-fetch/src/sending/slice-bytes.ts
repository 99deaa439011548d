/** What of a long body of bytes is handed to fetch at a time, so that it can be seen moving. */
export const sliceBytes: number = 256 * 1024;
