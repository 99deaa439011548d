// This project's side of every transfer.
import { EncryptedBucket } from '@oss-envelope/core';
import { defaultOssAccount } from '@oss-envelope/local-cloud';
import { fetchTransport } from '@oss-envelope/transport-fetch';
import { aliOssTransport } from '@oss-envelope/transport-node';
import OSS from 'ali-oss';
import { partSizeBytes } from './contents.mjs';
import { description, schemes } from './schemes.mjs';

const makers = {
  'ali-oss': ({ oss, bucket }) =>
    aliOssTransport(
      new OSS({
        ...{ endpoint: oss.endpoint, sldEnable: true, region: `oss-${oss.region}`, bucket },
        ...defaultOssAccount,
      }),
    ),
  fetch: ({ oss, bucket }) =>
    fetchTransport({
      ...{ endpoint: oss.endpoint, region: oss.region, bucket },
      credentials: { ...defaultOssAccount },
    }),
};

/** The transports that every cell is run over. */
export const transportNames = Object.keys(makers);

/** Buckets of this project on the local services, made when they are first asked for. */
export class OurSide {
  #services;
  #transports = {};
  #buckets = new Map();

  constructor(services) {
    this.#services = services;
  }

  /** A transport by its name. */
  transport(name) {
    this.#transports[name] ??= makers[name](this.#services);
    return this.#transports[name];
  }

  /** A bucket that writes a scheme, with the description or without, over a transport. */
  bucket({ scheme, described, transport }) {
    const name = `${transport}/${scheme}/${described}`;
    let bucket = this.#buckets.get(name);
    if (bucket === undefined) {
      const { format, provider } = schemes[scheme];
      bucket = new EncryptedBucket({
        transport: this.transport(transport),
        provider: provider(this.#services, transport, described ? description : undefined),
        format,
      });
      this.#buckets.set(name, bucket);
    }
    return bucket;
  }

  /** Stores an object by `bucket`; what is larger than a part goes up in parts. */
  put(about, key, content) {
    return this.bucket(about).put(key, content, { partSizeBytes, multipartThresholdBytes: partSizeBytes });
  }
}

/** A range, as first and last byte, in the words of `EncryptedBucket.get`. */
export function rangeOf([first, last]) {
  if (first === null) return { lastBytes: last };
  return last === null ? { offsetBytes: first } : { offsetBytes: first, lengthBytes: last - first + 1 };
}
