// Walks the event chains as an auditor does: from the heads in storage down to entry 1.
const { ethers } = require("hardhat");

/** Name of the one chain that an event belongs to. */
function chainOf(entry) {
  const { name, args } = entry;
  if (name === "Anchored") return `key ${args.key}`;
  if (["StatusChanged", "BatchRevoked", "BatchEndorsed"].includes(name)) return `status ${args.issuerId}`;
  if (["IssuerChanged", "KeyChanged", "AccreditationChanged"].includes(name)) return `affairs ${args.issuerId}`;
  return "registry";
}

/** Return the head [seq, block] that storage gives for a chain. */
async function headOf(registry, chain) {
  const [kind, owner] = chain.split(" ");
  if (kind === "registry") return (await registry.registry()).toArray().slice(0, 2);
  if (kind === "key") return (await registry.keyOf(owner)).toArray().slice(6);
  const issuer = await registry.issuerOf(owner);
  return kind === "status" ? [issuer.statusSeq, issuer.statusBlock] : [issuer.affairsSeq, issuer.affairsBlock];
}

/** Return every log of the registry, parsed, with its block. */
async function entriesOf(registry, address) {
  const logs = await ethers.provider.getLogs({ address, fromBlock: 0 });
  return logs.map((log) => ({ ...parsed(registry, log), block: BigInt(log.blockNumber) }));
}

function parsed(registry, log) {
  const { name, args } = registry.interface.parseLog(log);
  return { name, args };
}

/** Return what is wrong with a chain whose head is known: nothing, or the first entry that is not where it must be. */
function findGap(entries, chain, [headSeq, headBlock]) {
  let [seq, block] = [headSeq, headBlock];
  const own = entries.filter((one) => chainOf(one) === chain);
  while (seq > 0n) {
    const entry = own.find((one) => one.block === block && one.args.seq === seq);
    if (entry === undefined) return `${chain}: entry ${seq} is not in block ${block}`;
    [seq, block] = [seq - 1n, entry.args.prevBlock];
  }
  if (block !== 0n) return `${chain}: the first entry points to block ${block}`;
  return own.length === Number(headSeq) ? undefined : `${chain}: ${own.length} entries, head says ${headSeq}`;
}

module.exports = { chainOf, entriesOf, findGap, headOf, parsed };
