/** Whether a value is still to come: a promise of any realm (in Jest those of Web Crypto are of another). */
export function isPromise<T>(value: T | Promise<T>): value is Promise<T> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
