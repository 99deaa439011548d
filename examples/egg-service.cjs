// A service of Egg, in CommonJS: copy it to app/service/file.js, and call this.ctx.service.file.save(name, content).
// It stands on a client of ali-oss, as services of Egg have one. In Midway, make the bucket in `onReady` the same way.
'use strict';
const { Readable } = require('node:stream');
const { EncryptedBucket, isOssEnvelopeError } = require('@oss-envelope/core');
const { rsaProvider } = require('@oss-envelope/provider-rsa');
const { rsaKeyPairInFolder } = require('@oss-envelope/provider-rsa/node');
const { aliOssTransport } = require('@oss-envelope/transport-node');
const Oss = require('ali-oss');

let opening;

/** One bucket for all requests of this process: it keeps keys. */
async function openBucket({ oss, keyFolder }) {
  const pair = await rsaKeyPairInFolder({ folder: keyFolder, create: true });
  return new EncryptedBucket({
    transport: aliOssTransport(new Oss({ secure: true, ...oss })),
    provider: rsaProvider(pair),
    format: 'sealed',
  });
}

/** `app.config.files` is `{ oss: { region, bucket, accessKeyId, … }, keyFolder }`; see config.default.js of Egg. */
module.exports = (app) => {
  class FileService extends app.Service {
    get bucket() {
      opening ??= openBucket(this.app.config.files);
      return opening;
    }

    /** Content may be `this.ctx.req`, the stream of an upload. */
    async save(name, content) {
      await (await this.bucket).put(`examples/egg/${name}`, content);
    }

    /** A stream of Node for `this.ctx.body`; undefined when there is no such file. */
    async open(name) {
      try {
        const object = await (await this.bucket).get(`examples/egg/${name}`);
        const content = Readable.from(object.chunks());
        // Koa leaves a begun answer open when its stream fails: break the connection, so that the client sees it.
        return content.once('error', () => {
          if (this.ctx.res.headersSent) this.ctx.res.destroy();
        });
      } catch (error) {
        if (isOssEnvelopeError(error, 'ERR_SERVICE') && error.status === 404) return undefined;
        throw error;
      }
    }
  }
  return FileService;
};
