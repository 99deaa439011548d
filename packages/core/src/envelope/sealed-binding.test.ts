import { describe, expect, it } from 'vitest';
import { toyProvider } from '../../test/toy-provider.js';
import { bindingOf, boundContext, contextBytes } from './sealed-binding.js';

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');

// Whoever writes and whoever reads would agree on any bytes: these are those of the format.
describe('what a sealed object is bound to', () => {
  // S12.
  it('is its key, or no key', () => {
    expect(text(bindingOf('key', 'a/é'))).toBe('oss-envelope/sealed/1\0key\0a/é');
    expect(text(bindingOf('none', 'a/é'))).toBe('oss-envelope/sealed/1\0none\0');
  });

  // S11.
  it('is its context as it is stored, or none', () => {
    expect(text(contextBytes('{"tenant":"7"}'))).toBe('oss-envelope/sealed/1\0{"tenant":"7"}');
    expect(text(contextBytes(undefined))).toBe('oss-envelope/sealed/1\0');
  });

  // S14.
  it('is for its master key the context too, where a provider binds it', () => {
    const context = { tenant: '7' };
    expect(boundContext({ ...toyProvider(1), bindsContext: true }, context)).toEqual({ context });
    expect(boundContext({ ...toyProvider(1), bindsContext: true }, {})).toEqual({});
    expect(boundContext({ ...toyProvider(1), bindsContext: false }, context)).toEqual({});
    expect(boundContext(toyProvider(1), context)).toEqual({});
  });
});
