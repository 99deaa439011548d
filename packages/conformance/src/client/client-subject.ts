import type { KeyProvider, ObjectTransport } from '@oss-envelope/core';
import type { FaultControl } from '../fault-control.js';
import type { ProviderTraits } from '../provider-subject.js';
import type { OptionalCapability, SendPresigned } from '../transport/transport-subject.js';

/** A pair of transport and provider, under which the client of core is tried. */
export interface ClientSubject {
  /** A transport to a bucket that is there and that may be written to. */
  createTransport(): ObjectTransport | Promise<ObjectTransport>;
  /** A provider that wraps and unwraps; always under the same master key. */
  createProvider(): KeyProvider | Promise<KeyProvider>;
  /** A provider that must not open what the first one wraps. */
  createOtherProvider(): KeyProvider | Promise<KeyProvider>;
  /** Sends what was presigned, as somebody without credentials would. Default: the runtime's `fetch`. */
  readonly fetch?: SendPresigned | undefined;
  /** Put before the name of every object that a case makes. Default `conformance/`. */
  readonly keyPrefix?: string | undefined;
  /** What the transport does not offer. The cases that need it are excluded. */
  readonly lacks?: readonly OptionalCapability[] | undefined;
  /** What the provider is like. */
  readonly traits?: ProviderTraits | undefined;
  /** The means to make requests fail. Without them the cases of faults are excluded. */
  readonly faults?: FaultControl | undefined;
}
