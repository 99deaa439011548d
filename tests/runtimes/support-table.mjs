// docs/runtimes.md: what came of a run, in words that stay the same while it stays so.

const builds = { own: 'for Node', web: 'for the web' };

/** How a case ended: its refusal is an error of this project, or the run has failed. */
function endOf(results, set, name) {
  if (results[set].passed.includes(name)) return 'yes';
  return results[set].refused.includes(name) ? 'refused' : 'fails';
}

const allPass = (set) => set !== undefined && set.failed.length === 0;

function rowOf({ runtime, results }) {
  const capability = (name) => endOf(results, 'refusals', name);
  const pkcs1 = capability('PKCS#1 v1.5 decryption without opting in');
  const cells = [
    runtime.name,
    builds[runtime.build],
    Object.values(results).every(allPass) ? 'yes' : 'fails',
    pkcs1 === 'refused' && allPass(results['client with RSA, opted in']) ? 'opt-in' : pkcs1,
    capability('a private key that OpenSSL encrypted in the old way (PEM with DEK-Info)'),
    capability('a stream larger than what may be collected in memory') === 'yes' ? 'any size' : 'in memory',
    capability('files go up and come down, or are not named at all') === 'yes' ? 'yes' : 'no',
  ];
  return `| ${cells.join(' | ')} |`;
}

function exclusionsOf({ runtime: { name, exclude = {} } }) {
  return Object.entries(exclude).flatMap(([set, reasons]) =>
    Object.entries(reasons).map(([title, reason]) => `- ${name}, ${set}, “${title}”: ${reason}.`),
  );
}

/** The page for outcomes of all runtimes. */
export function formatSupportTable(outcomes) {
  // Both builds leave out the same.
  const exclusions = [...new Set(outcomes.flatMap(exclusionsOf))];
  return `<!-- Made by npm run test:runtimes -- --write, and compared by every other run of it. -->

# Runtimes

The cases of \`@oss-envelope/conformance\` run on all of these, over the built packages and real HTTP: the client, the RSA
provider, the KMS provider and the transport on signed fetch; the AES provider, and the age provider with post-quantum and
X25519 keys and with passphrases. (Passkeys have a test of their own, in Chromium.)

| Runtime | build | client, providers, fetch | reads PKCS#1 v1.5 | opens old encrypted PEM | uploads of streams | files |
| --- | --- | --- | --- | --- | --- | --- |
${outcomes.map(rowOf).join('\n')}

- The build for Node is what Node, Deno and Bun resolve by themselves; the one for the web is what a bundler makes for
  browsers and workers.
- PKCS#1 v1.5 is how \`'client-side-encryption'\` wraps keys under RSA. Every runtime writes it. \`opt-in\`: reading it is
  refused with \`ERR_ALGORITHM_NOT_SUPPORTED\` unless the provider is made with \`allowPkcs1DecryptionInJavaScript\`.
- Old encrypted PEM is a key file with \`DEK-Info\`; where it is refused (\`ERR_MASTER_KEY\`), PKCS#8 encryption is read.
- \`in memory\`: browsers send no stream over HTTP/1.1, so one is collected up to \`maxBufferedUploadBytes\`, and refused
  with \`ERR_OUT_OF_RANGE\` beyond.
- Files (\`putFile\`, \`getToFile\`) are in \`@oss-envelope/core/node\`; a bundler refuses that entry for the web.

${exclusions.length === 0 ? 'No case is left out.' : `Cases that are left out, and why:\n\n${exclusions.join('\n')}`}
`;
}
