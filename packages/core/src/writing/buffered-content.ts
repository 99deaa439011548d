/** Content up to this size is encrypted in memory before it is sent, so that a transport can send it again. */
export const maxBufferedBytes: number = 4 * 1024 * 1024;
