// Which requests of the page are signed.

/** What users may read and write. In a real service, a folder of the user's own. */
export const allowedPrefix = 'uploads/';
/** What the page does, and nothing else. */
const allow = ['put', 'parts', 'drop-parts', 'get', 'head', 'list'];
const expiresSeconds = 300;
const maxSignRequestBytes = 32 * 1024;

async function readJson(request) {
  const chunks = [];
  let sizeBytes = 0;
  for await (const chunk of request) {
    sizeBytes += chunk.length;
    if (sizeBytes > maxSignRequestBytes) throw new Error('The request to sign is too large.');
    chunks.push(chunk);
  }
  return JSON.parse(Buffer.concat(chunks).toString());
}

/** A list has no name, and says by its prefix which names it shows. */
const nameOf = ({ key, query }) => (key === '' ? query?.prefix : key);

/** Signs what the body of a `POST /sign` asks for. A real service finds out here who asks, and what is theirs. */
export async function signRequest(signer, request) {
  const asked = await readJson(request);
  const name = nameOf(asked ?? {});
  if (typeof name !== 'string' || !name.startsWith(allowedPrefix)) {
    throw new Error(`Only names that begin with ${allowedPrefix} may be used here.`);
  }
  return signer.sign(asked, { expiresSeconds, allow });
}
