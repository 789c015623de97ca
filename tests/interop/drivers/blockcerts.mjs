// @blockcerts/cert-verifier-js, its bundle for Node as published: blockcerts.mjs PORT ENDPOINT
//
// The look-up asks a node over JSON-RPC and hands on what it said. With ENDPOINT "etherscan" there
// is none of ours: the package asks the explorer that it knows, for which the web server stands in.
import { createRequire } from 'node:module';

import { leadTo } from './address.mjs';
import { answerLines, listMessages } from './lines.mjs';

const { Certificate } = createRequire(import.meta.url)('@blockcerts/cert-verifier-js/dist/verifier-node');
const [port, endpoint] = process.argv.slice(2);
const RESOLVER = 'https://resolver.example/1.0/identifiers';
leadTo(Number(port));

async function ask(method, ...params) {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
  const headers = { 'Content-Type': 'application/json' };
  const answer = await (await fetch(endpoint, { method: 'POST', headers, body })).json();
  if (answer.error) throw new Error(answer.error.message);
  return answer.result;
}

function buildLookUp(asked) {
  return async ({ transactionId }) => {
    const transaction = await ask('eth_getTransactionByHash', transactionId);
    if (transaction === null) throw new Error('The node knows no such transaction.');
    const block = await ask('eth_getBlockByNumber', transaction.blockNumber, false);
    const handed = Object.freeze({
      remoteHash: transaction.input.slice('0x'.length),
      issuingAddress: transaction.from,
      time: new Date(Number(block.timestamp) * 1000),
      revokedAddresses: [],
    });
    // The very object that the package gets is what is noted: the tests compare it with the node.
    asked.push({ transactionId, handed });
    return handed;
  };
}

await answerLines(async ({ document }) => {
  const asked = [];
  const steps = [];
  const own = [{ serviceName: 'node', apiType: 'rpc', priority: 0, parsingFunction: buildLookUp(asked) }];
  const explorerAPIs = endpoint === 'etherscan' ? [] : own;
  try {
    const certificate = new Certificate(document, { explorerAPIs, didResolverUrl: RESOLVER });
    await certificate.init();
    const final = await certificate.verify(({ errorMessage }) => errorMessage && steps.push(errorMessage));
    const said = steps.length > 0 ? steps : [String(final.message?.description ?? final.message)];
    return { accepted: final.status === 'success', said, asked };
  } catch (error) {
    return { accepted: false, said: listMessages(error), asked };
  }
});
