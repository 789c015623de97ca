// jsonld.js with rdf-canonize: the canonical form of each document, its contexts from files, or of
// each dataset.
//
// canonical.mjs ADDRESS FILE [ADDRESS FILE …]
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';

import { answerLines, listMessages } from './lines.mjs';

const require = createRequire(import.meta.url);
const jsonld = require('jsonld');
const canonize = require('rdf-canonize');
const contexts = new Map();
const given = process.argv.slice(2);
for (let each = 0; each < given.length; each += 2) {
  contexts.set(given[each], JSON.parse(readFileSync(given[each + 1], 'utf8')));
}

async function documentLoader(url) {
  if (!contexts.has(url)) throw new Error(`not pinned: ${url}`);
  return { contextUrl: null, documentUrl: url, document: contexts.get(url), tag: 'static' };
}

await answerLines(async ({ document, dataset }) => {
  try {
    if (dataset !== undefined) {
      const quads = canonize.NQuads.parse(dataset);
      // Some vectors take more work than the package's own limit allows.
      const options = { algorithm: 'RDFC-1.0', format: 'application/n-quads', maxWorkFactor: Infinity };
      return { form: await canonize.canonize(quads, options) };
    }
    const options = { algorithm: 'RDFC-1.0', format: 'application/n-quads', safe: true, documentLoader };
    return { form: await jsonld.canonize(JSON.parse(document), options) };
  } catch (error) {
    return { refused: listMessages(error) };
  }
});
