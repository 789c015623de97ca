// Random histories, always the same ones: whatever anybody sends, these properties hold after every transaction.
const { expect } = require("chai");
const { ethers } = require("hardhat");
const {
  CHANGE, DIGEST, MATHS, ROLE, STANDING, ZERO, addKey, enterWorld, inOneBlock, measuring, now, root, signAnchor, signKeyConsent,
  storageHash,
} = require("./tools/world");
const { chainOf, entriesOf, findGap, headOf, parsed } = require("./tools/chains");

const SEEDS = [1, 20261124, 77, 424242];
const STEPS = 500;
const ACTORS = [
  "authority", "registrar", "accreditor", "stranger", "admin", "anchorKey", "secondKey", "statusKey", "otherAdmin",
  "otherKey", "otherStatus", "spare", "heir",
];
const KEYS = ["admin", "anchorKey", "secondKey", "statusKey", "otherKey", "otherStatus", "spare", "heir"];
const ROOTS = [0, 1, 2, 3].map(root);
const WORDS = [0, 1];
const ISSUERS = [1, 2, 3];
const IDENTIFIERS = ["did:web:one.example", "did:web:two.example", "did:web:three.example"];

/** Numbers that look random and are the same at every run (mulberry32). */
function randomness(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const below = (limit) => next() % limit;
  return { below, pick: (list) => list[below(list.length)], mask: () => BigInt(1 + below(7)) };
}

/** Who is likelier than chance to be served, so that histories are not all refusals. */
const LIKELY = {
  anchor: ["anchorKey", "secondKey", "otherKey", "spare"], anchorMany: ["anchorKey", "secondKey", "otherKey"],
  raw: ["anchorKey", "secondKey", "otherKey", "spare"], revoke: ["statusKey", "otherStatus"],
  suspend: ["statusKey", "otherStatus"], reinstate: ["statusKey", "otherStatus"], revokeBatch: ["statusKey", "otherStatus"],
  endorse: ["anchorKey", "secondKey", "heir"], replaceEndorsement: ["anchorKey", "secondKey", "heir"],
  addKey: ["admin", "otherAdmin"], retireKey: ["admin", "otherAdmin"], compromiseKey: ["admin", "otherAdmin"],
  setDocument: ["admin", "otherAdmin"], proposeAdmin: ["admin", "otherAdmin"], acceptAdmin: ["heir", "spare"],
  registerIssuer: ["registrar"], renameIssuer: ["registrar"], setStanding: ["registrar"], nameSuccessor: ["registrar"],
  accredit: ["accreditor"], withdrawAccreditation: ["accreditor"], setOfficer: ["authority"],
  proposeAuthority: ["authority"], acceptAuthority: ["heir"], anchorBySig: ["relayer"], selector: ACTORS,
};

/** Rarer than the others, because they end much of what can still happen. */
const RARE = new Set(["compromiseKey", "retireKey", "acceptAuthority", "setOfficer", "proposeAdmin", "setStanding"]);
const OPERATIONS = Object.keys(LIKELY).flatMap((name) => Array(RARE.has(name) ? 1 : name === "replaceEndorsement" ? 9 : 3).fill(name));

async function draw(world, random) {
  const { pick, below, mask } = random;
  const operation = pick(OPERATIONS);
  const actor = below(5) === 0 ? pick(ACTORS) : pick(LIKELY[operation]);
  const key = world[pick(KEYS)];
  const time = await now();
  const when = pick([0, 0, 0, time + 40, time + 400, time - 40]);
  const words = pick([[pick(WORDS)], WORDS]);
  const bits = [words, words.map(mask), below(20)];
  const arguments_ = {
    anchor: () => [pick(ROOTS), below(9)],
    anchorMany: () => [[pick(ROOTS), root(`many ${below(1e6)}`)]],
    revoke: () => bits, suspend: () => bits, reinstate: () => bits,
    revokeBatch: () => [pick(ROOTS), below(20)],
    endorse: () => [pick(ROOTS)],
    replaceEndorsement: async () => {
      const endorsed = await world.registry.queryFilter(world.registry.filters.BatchEndorsed(1));
      const [one] = endorsed.slice(-1);
      return one && below(4) ? [one.args.root, one.args.by] : [pick(ROOTS), key.address];
    },
    addKey: async () => {
      const consent = { key: key.address, issuerId: pick([1, 2]), roles: pick([1, 2, 3]), notBefore: when, notAfter: 0 };
      const signature = await signKeyConsent(world, below(6) ? key : world.stranger, consent);
      return [consent.issuerId, consent.key, consent.roles, when, 0, signature];
    },
    retireKey: () => [key.address, pick([0, time + 400, time + 100])],
    compromiseKey: () => [key.address, pick([time, time - 100, time + 500])],
    setDocument: () => [pick([1, 2]), ethers.id(String(below(99)))],
    proposeAdmin: () => [pick([1, 2]), pick([ZERO, world.heir.address, world.spare.address])],
    acceptAdmin: () => [pick([1, 2])],
    registerIssuer: () => [pick(IDENTIFIERS), "Somebody", world.spare.address, DIGEST, 0],
    renameIssuer: () => [pick(ISSUERS), pick(IDENTIFIERS), "Somebody"],
    setStanding: () => [pick(ISSUERS), pick([1, 1, 1, 1, 2, 2, below(12) ? 1 : 3]), 0, pick([0, 0, time + 300])],
    nameSuccessor: () => [world.spare.address],
    accredit: () => [pick(ISSUERS), MATHS, when, 0],
    withdrawAccreditation: () => [pick(ISSUERS), MATHS, below(20)],
    setOfficer: () => [world[pick(["registrar", "accreditor", "spare"])].address, below(4)],
    proposeAuthority: () => [pick([ZERO, world.heir.address])],
    acceptAuthority: () => [world.authority.address],
    anchorBySig: async () => {
      const seq = (await world.registry.keyOf(key.address)).seq + 1n;
      const request = { key: key.address, root: pick(ROOTS), leaves: 1, seq, deadline: time + 1000 };
      const signature = await signAnchor(world, below(5) ? key : world.stranger, request);
      return [request.key, request.root, 1, request.deadline, signature];
    },
  };
  if (operation === "raw") return { operation, actor, data: pick(ROOTS) };
  const fragments = world.registry.interface.fragments.filter((one) => one.type === "function");
  if (operation === "selector") return { operation, actor, data: pick(fragments).selector + "00".repeat(28) };
  const args = await arguments_[operation]();
  return { operation, actor, args, data: world.registry.interface.encodeFunctionData(operation, args) };
}

/** Everything that the properties speak of, read through the views. */
async function observe(world) {
  const { registry } = world;
  const list = (keys, read) => Promise.all(keys.map(read));
  return {
    issuers: await list(ISSUERS, (id) => registry.issuerOf(id)),
    names: await list(ISSUERS, (id) => registry.namesOf(id)),
    keys: await list(KEYS, (name) => registry.keyOf(world[name].address)),
    anchors: await list(ISSUERS.flatMap((id) => ROOTS.map((one) => [id, one])), ([id, one]) => registry.anchorOf(id, one)),
    words: await list(ISSUERS.flatMap((id) => WORDS.map((one) => [id, one])), ([id, one]) => registry.statusWord(id, one)),
    registry: await registry.registry(),
    authority: await registry.authority(),
  };
}

/** A live key by the rules of the documentation, computed from what was read before the transaction. */
function isLive(key, role, time) {
  const inWindow = time >= key.notBefore && (key.notAfter === 0n || time < key.notAfter);
  return key.issuerId !== 0n && (key.roles & BigInt(role)) !== 0n && inWindow && key.compromisedAt === 0n;
}

function checkNeverBack(before, after) {
  before.anchors.forEach((old, i) => {
    const { anchors: { [i]: anchor } } = after;
    if (old.seq !== 0n) {
      const written = (one) => [one.keyIndex, one.time, one.blockNumber, one.seq, one.leaves];
      expect(written(anchor), "an anchor is written once").to.deep.equal(written(old));
    }
    if (old.revokedAt !== 0n) expect([anchor.revokedAt, anchor.reason]).to.deep.equal([old.revokedAt, old.reason]);
  });
  before.words.forEach((old, i) => {
    expect(old.revoked & ~after.words[i].revoked, "a revoked bit never clears").to.equal(0n);
  });
  before.keys.forEach((old, i) => {
    const key = after.keys[i];
    if (old.issuerId === 0n) return;
    const fixed = (one) => [one.issuerId, one.roles, one.index, one.notBefore];
    expect(fixed(key), "a key is bound for ever").to.deep.equal(fixed(old));
    if (old.notAfter !== 0n) expect(key.notAfter <= old.notAfter && key.notAfter !== 0n, "notAfter never rises").to.equal(true);
    if (old.compromisedAt !== 0n) {
      expect(key.compromisedAt <= old.compromisedAt && key.compromisedAt !== 0n, "compromise never later").to.equal(true);
    }
  });
  before.issuers.forEach((old, i) => {
    const issuer = after.issuers[i];
    if (Number(old.state) === STANDING.CLOSED) {
      const final = (one) => [one.state, one.reason, one.validUntil, one.admin, one.identifierHash, one.keyCount];
      expect(final(issuer), "closed is final").to.deep.equal(final(old));
      expect(after.names[i]).to.deep.equal(before.names[i]);
    }
    expect(issuer.keyCount >= old.keyCount).to.equal(true);
  });
}

/** Each event raises one head by one and points to that head's former block; no head moves without an event. */
async function checkHeads(world, heads, entries, block) {
  const moved = new Map(heads);
  for (const entry of entries) {
    const chain = chainOf(entry);
    const [seq, last] = moved.get(chain) ?? [0n, 0n];
    expect([entry.args.seq, entry.args.prevBlock], chain).to.deep.equal([seq + 1n, last]);
    moved.set(chain, [seq + 1n, block]);
  }
  for (const [chain, head] of moved) expect(await headOf(world.registry, chain), chain).to.deep.equal(head);
  return moved;
}

/** Only a live key of an institution in the right standing writes anchors and statuses, whoever pays. */
function checkWriters(world, before, entries, sender, operation, time) {
  const keyNamed = (address) => before.keys[KEYS.findIndex((name) => world[name].address === address)];
  for (const { name, args } of entries) {
    const role = { Anchored: ROLE.ANCHOR, BatchEndorsed: ROLE.ANCHOR, StatusChanged: ROLE.STATUS, BatchRevoked: ROLE.STATUS }[name];
    if (role === undefined) continue;
    const address = name === "Anchored" ? args.key : args.by;
    if (operation !== "anchorBySig") expect(address).to.equal(sender);
    const key = keyNamed(address);
    expect(key !== undefined && isLive(key, role, time), `${name} by a live key`).to.equal(true);
    expect(key.issuerId, "only its own institution").to.equal(args.issuerId);
    const { state, validUntil } = before.issuers[Number(args.issuerId) - 1];
    const isRevocation = name === "BatchRevoked" || (name === "StatusChanged" && Number(args.change) === CHANGE.REVOKE);
    const isSuspension = name === "StatusChanged" && Number(args.change) === CHANGE.SUSPEND;
    const allowed = isRevocation ? [1, 2, 3] : isSuspension ? [1, 2] : [1];
    expect(allowed, `${name} in this standing`).to.include(Number(state));
    if (name === "Anchored") expect(validUntil === 0n || time < validUntil).to.equal(true);
  }
}

/** The bitmaps are the exclusive or of the events; identifiers, numbers and names agree unless bound anew. */
async function checkWhole(world, entries) {
  const sums = new Map();
  for (const { args } of entries.filter((one) => one.name === "StatusChanged")) {
    const bitmap = `${args.issuerId} ${args.word} ${Number(args.change) === CHANGE.REVOKE ? "revoked" : "suspended"}`;
    sums.set(bitmap, (sums.get(bitmap) ?? 0n) ^ args.bits);
  }
  for (const [bitmap, bits] of sums) {
    const [issuerId, word, which] = bitmap.split(" ");
    expect((await world.registry.statusWord(issuerId, word))[which], bitmap).to.equal(bits);
  }
  const count = Number((await world.registry.registry()).issuerCount);
  for (let id = 1; id <= count; id++) {
    const { identifierHash, state } = await world.registry.issuerOf(id);
    const [identifier] = await world.registry.namesOf(id);
    expect(ethers.id(identifier)).to.equal(identifierHash);
    const holder = await world.registry.issuerIdOf(identifierHash);
    if (Number(state) !== STANDING.CLOSED) expect(holder, `${identifier} names ${id}`).to.equal(BigInt(id));
  }
  const snapshots = entries.filter((one) => one.name === "KeyChanged");
  for (const name of KEYS) {
    const last = snapshots.filter((one) => one.args.key === world[name].address).at(-1);
    if (last === undefined) continue;
    const key = await world.registry.keyOf(world[name].address);
    expect(last.args.toArray().slice(5)).to.deep.equal([key.index, key.roles, key.notBefore, key.notAfter, key.compromisedAt]);
  }
  for (const chain of new Set(entries.map(chainOf))) {
    expect(findGap(entries, chain, await headOf(world.registry, chain))).to.equal(undefined);
  }
}

async function attempt(world, step) {
  const request = { to: world.address, data: step.data, gasLimit: 3_000_000n };
  try {
    return await (await world[step.actor].sendTransaction(request)).wait();
  } catch (error) {
    if (!/revert/i.test(error.message)) throw error;
    return undefined;
  }
}

describe("Invariants over random histories", function () {
  this.timeout(300_000);
  const seen = new Set();

  for (const seed of SEEDS) {
    it(`hold for ${STEPS} steps from seed ${seed}`, async function () {
      const world = await enterWorld();
      await addKey(world, world.admin, 1, world.heir, ROLE.ANCHOR);
      await world.as_anchorKey.anchor(ROOTS[0], 1);
      await world.as_secondKey.endorse(ROOTS[0]);
      if (seed % 2 === 1) await world.as_admin.compromiseKey(world.secondKey.address, 1);
      const random = randomness(seed);
      const all = await entriesOf(world.registry, world.address);
      let heads = new Map();
      for (const chain of new Set(all.map(chainOf))) heads.set(chain, await headOf(world.registry, chain));
      let before = await observe(world);
      for (let i = 0; i < (measuring() ? 60 : STEPS); i++) {
        if (random.below(6) === 0) await ethers.provider.send("evm_increaseTime", [random.below(100_000)]);
        const step = await draw(world, random);
        const stored = await storageHash(world.address);
        const receipt = await attempt(world, step);
        const entries = (receipt?.logs ?? []).map((log) => parsed(world.registry, log));
        if (entries.length === 0) {
          expect(await storageHash(world.address), `${step.operation} without event`).to.equal(stored);
          continue;
        }
        seen.add(step.operation);
        const time = BigInt(await now());
        if (ethers.dataLength(step.data) === 32) {
          expect(entries.map((one) => [one.name, one.args.root])).to.deep.equal([["Anchored", step.data]]);
        }
        heads = await checkHeads(world, heads, entries, BigInt(receipt.blockNumber));
        checkWriters(world, before, entries, world[step.actor].address, step.operation, time);
        const after = await observe(world);
        checkNeverBack(before, after);
        before = after;
      }
      await checkWhole(world, await entriesOf(world.registry, world.address));
    });
  }

  it("reach every operation, so that the properties are not empty", function () {
    if (measuring()) this.skip();
    const never = Object.keys(LIKELY).filter((name) => !seen.has(name));
    // A selector with zeros behind it must never do anything.
    expect(never).to.deep.equal(["selector"]);
  });

  it("shows every withheld event as a gap, also where several stand in one block", async function () {
    const world = await enterWorld();
    await inOneBlock(
      () => world.as_anchorKey.anchorMany([root("a"), root("b")]), () => world.as_statusKey.revoke([0, 1], [1n, 1n], 0),
      () => world.as_secondKey.endorse(root("a")), () => world.as_registrar.setStanding(2, 2, 0, 0),
      () => world.as_accreditor.accredit(1, MATHS, 0, 0), () => world.as_registrar.nameSuccessor(world.spare.address),
    );
    await world.as_statusKey.revokeBatch(root("a"), 0);
    const entries = await entriesOf(world.registry, world.address);
    for (const hidden of entries) {
      const chain = chainOf(hidden);
      const rest = entries.filter((one) => one !== hidden);
      expect(findGap(rest, chain, await headOf(world.registry, chain)), `${hidden.name} hidden`).to.be.a("string");
      expect(findGap(entries, chain, await headOf(world.registry, chain))).to.equal(undefined);
    }
    expect(entries.length).to.be.greaterThan(20);
  });
});
