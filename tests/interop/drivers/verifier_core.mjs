// @digitalcredentials/verifier-core with all it brings, no registries: verifier_core.mjs PORT
import { verifyCredential } from '@digitalcredentials/verifier-core';

import { leadTo } from './address.mjs';
import { answerLines } from './lines.mjs';

const STEPS = ['valid_signature', 'expiration', 'revocation_status'];
leadTo(Number(process.argv[2]));

function judgeStep({ id, valid, error }) {
  if (valid === true) return [];
  return [error ? `${error.name}: ${error.message}` : `${id} is ${valid}`];
}

await answerLines(async ({ document }) => {
  const credential = JSON.parse(document);
  const { errors, log = [], additionalInformation } =
    await verifyCredential({ credential, knownDIDRegistries: [] });
  const said = (errors ?? []).map(({ name, message }) => `${name}: ${message}`);
  const steps = log.filter(({ id }) => STEPS.includes(id));
  said.push(...steps.flatMap(judgeStep));
  if (!errors && steps.length === 0) said.push('no step was reported');
  return { accepted: said.length === 0, said, steps: steps.map(({ id }) => id), additionalInformation };
});
