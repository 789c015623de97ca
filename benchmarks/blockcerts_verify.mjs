// @blockcerts/cert-verifier-js, timed within its process: blockcerts_verify.mjs PORT ENDPOINT ROUNDS
//
// Documents come one a line. In a first round everything that it asks for is really fetched, and
// kept; from then on every answer is at hand, in this process, so that only its own work is timed.
// What it is told by the node is what tests/interop/drivers/blockcerts.mjs hands it.
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

import { leadTo } from '../tests/interop/drivers/address.mjs';

const [port, endpoint, rounds] = process.argv.slice(2);
const RESOLVER = 'https://resolver.example/1.0/identifiers';
for (const name of ['log', 'info', 'warn', 'error', 'debug']) console[name] = () => {};
leadTo(Number(port));

const kept = new Map();
const fetchReally = globalThis.fetch;
globalThis.fetch = async (address, options) => {
  const name = String(address?.url ?? address);
  if (!kept.has(name)) {
    const answer = await fetchReally(address, options);
    kept.set(name, { text: await answer.text(), status: answer.status, headers: [...answer.headers] });
  }
  const { text, status, headers } = kept.get(name);
  return new Response(text, { status, headers });
};
const interop = createRequire(new URL('../tests/interop/drivers/', import.meta.url));
const { Certificate } = interop('@blockcerts/cert-verifier-js/dist/verifier-node');

async function ask(method, ...params) {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
  const headers = { 'Content-Type': 'application/json' };
  const answer = await (await fetchReally(endpoint, { method: 'POST', headers, body })).json();
  if (answer.error) throw new Error(answer.error.message);
  return answer.result;
}

const known = new Map();
async function lookUp({ transactionId }) {
  if (!known.has(transactionId)) {
    const transaction = await ask('eth_getTransactionByHash', transactionId);
    const block = await ask('eth_getBlockByNumber', transaction.blockNumber, false);
    known.set(transactionId, {
      remoteHash: transaction.input.slice('0x'.length),
      issuingAddress: transaction.from,
      time: new Date(Number(block.timestamp) * 1000),
      revokedAddresses: [],
    });
  }
  return known.get(transactionId);
}
const explorerAPIs = [{ serviceName: 'node', apiType: 'rpc', priority: 0, parsingFunction: lookUp }];

const documents = [];
for await (const line of createInterface({ input: process.stdin })) documents.push(JSON.parse(line));

function readCpuMs() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

// The package changes what it is given, so each verification has a copy, made outside the time.
async function measureRound() {
  const copies = documents.map((each) => structuredClone(each));
  let verifying = 0;
  const begun = readCpuMs();
  for (const document of copies) {
    const certificate = new Certificate(document, { explorerAPIs, didResolverUrl: RESOLVER });
    await certificate.init();
    const started = readCpuMs();
    const final = await certificate.verify(() => {});
    verifying += readCpuMs() - started;
    if (final.status !== 'success') throw new Error(JSON.stringify(final.message));
  }
  return { whole: (readCpuMs() - begun) / copies.length, verify: verifying / copies.length };
}

const measured = [];
for (let round = 0; round <= Number(rounds); round += 1) measured.push(await measureRound());
const warm = measured.slice(1);
const best = (name) => Math.min(...warm.map((each) => each[name]));
process.stdout.write(`${JSON.stringify({ whole_ms: best('whole'), verify_ms: best('verify') })}\n`);
