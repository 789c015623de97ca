// @digitalbazaar/vc with eddsa-rdfc-2022 and Bitstring Status Lists: digitalbazaar.mjs PORT
//
// Documents are loaded by jsonld.js' own loader, with its own headers; a did:web address is turned
// into the https address that its specification names.
import { createRequire } from 'node:module';

import { DataIntegrityProof } from '@digitalbazaar/data-integrity';
import { cryptosuite } from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import { verifyCredential } from '@digitalbazaar/vc';
import { checkStatus } from '@digitalbazaar/vc-bitstring-status-list';

import { leadTo } from './address.mjs';
import { answerLines, listMessages } from './lines.mjs';

const jsonld = createRequire(import.meta.url)('jsonld');
leadTo(Number(process.argv[2]));
const load = jsonld.documentLoaders.node();

function findAddress(did) {
  const [host, ...path] = did.slice('did:web:'.length).split(':').map(decodeURIComponent);
  return `https://${host}/${path.length > 0 ? path.join('/') : '.well-known'}/did.json`;
}

async function documentLoader(url) {
  if (!url.startsWith('did:web:')) return load(url);
  const [did, fragment] = url.split('#');
  const { document } = await load(findAddress(did));
  if (fragment === undefined) return { contextUrl: null, documentUrl: url, document };
  const method = document.verificationMethod.find((each) => each.id === url);
  if (!method) throw new Error(`The DID document lists no ${url}.`);
  const found = { '@context': document['@context'], ...method };
  return { contextUrl: null, documentUrl: url, document: found };
}

const suite = new DataIntegrityProof({ cryptosuite });

await answerLines(async ({ document }) => {
  try {
    const credential = JSON.parse(document);
    // It forgives a clock five minutes, for which no test can wait: its clock is ten ahead.
    const now = new Date(Date.now() + 600_000);
    const options = { credential, suite, documentLoader, checkStatus, now };
    const result = await verifyCredential(options);
    const set = (result.statusResult?.results ?? []).filter(({ status }) => status);
    const said = [...listMessages(result.error), ...listMessages(result.statusResult?.error)];
    said.push(...set.map(({ credentialStatus }) => `the ${credentialStatus.statusPurpose} bit is set`));
    return { accepted: result.verified && set.length === 0, said, verified: result.verified };
  } catch (error) {
    return { accepted: false, said: listMessages(error) };
  }
});
