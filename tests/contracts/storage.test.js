// Slots and bit offsets are part of the protocol: storage proofs name them. A new snapshot (UPDATE_SNAPSHOT=1) is a new
// contract version.
const fs = require("node:fs");
const path = require("node:path");
const { expect } = require("chai");
const { ethers } = require("hardhat");
const { DIGEST, MATHS, compiled, enterWorld, measuring, root } = require("./tools/world");

const SNAPSHOT = path.join(__dirname, "storage_layout.json");

/** Storage layout without the compiler's running numbers. */
function readable(layout) {
  const name = (type) => type.replace(/\)\d+/g, ")").replace(/t_userDefinedValueType/g, "t_value");
  const member = ({ label, slot, offset, type }) => ({ label, slot, offset, type: name(type) });
  const types = Object.entries(layout.types).map(([key, type]) => [
    name(key),
    { label: type.label, bytes: type.numberOfBytes, ...(type.members && { members: type.members.map(member) }) },
  ]);
  return { storage: layout.storage.map(member), types: Object.fromEntries(types.sort(([a], [b]) => (a < b ? -1 : 1))) };
}

const slotOf = (types, key, slot) => ethers.keccak256(ethers.AbiCoder.defaultAbiCoder().encode([types, "uint256"], [key, slot]));
const field = (word, offset, bits) => (word >> BigInt(offset)) & ((1n << BigInt(bits)) - 1n);

/** Cut a word into fields of the given widths, low bits first; what is left over must be zero. */
function cut(word, widths) {
  const offsets = widths.map((_, i) => widths.slice(0, i).reduce((sum, one) => sum + one, 0));
  const used = widths.reduce((sum, one) => sum + one, 0);
  expect(word >> BigInt(used)).to.equal(0n);
  return widths.map((width, i) => field(word, offsets[i], width));
}

describe("Storage", function () {
  let world;
  beforeEach(async function () {
    world = await enterWorld();
  });

  const read = async (slot) => BigInt(await ethers.provider.getStorage(world.address, slot));

  it("is laid out as the committed snapshot says", async function () {
    if (measuring()) this.skip();
    const layout = readable((await compiled()).storageLayout);
    if (process.env.UPDATE_SNAPSHOT) fs.writeFileSync(SNAPSHOT, JSON.stringify(layout, null, 2) + "\n");
    expect(layout).to.deep.equal(JSON.parse(fs.readFileSync(SNAPSHOT, "utf8")));
  });

  it("holds no array, so that no loop can grow with the records (SC-07)", async function () {
    if (measuring()) this.skip();
    const types = Object.values((await compiled()).storageLayout.types);
    expect(types.filter((one) => one.encoding === "dynamic_array" || one.label.includes("["))).to.deep.equal([]);
  });

  it("keeps an anchor in slot 0", async function () {
    await world.as_anchorKey.anchor(root("z"), 1);
    await world.as_secondKey.anchor(root("a"), 7);
    await world.as_statusKey.revokeBatch(root("a"), 6);
    await world.as_anchorKey.endorse(root("a"));
    const word = await read(slotOf("bytes32", root("a"), slotOf("uint32", 1, 0)));
    const [index, reason, time, block, seq, revokedAt, leaves, endorser] = cut(word, [16, 8, 40, 40, 40, 40, 32, 16]);
    const view = await world.registry.anchorOf(1, root("a"));
    expect([index, reason, time, block, seq, revokedAt, leaves, endorser]).to.deep.equal(view.toArray());
    expect([index, reason, seq, leaves, endorser]).to.deep.equal([2n, 6n, 1n, 7n, 1n]);
  });

  it("keeps a key in slot 1", async function () {
    await world.as_anchorKey.anchorMany([root("a"), root("b")]);
    await world.as_admin.retireKey(world.anchorKey.address, 4_000_000_000);
    await world.as_admin.compromiseKey(world.anchorKey.address, 9);
    const word = await read(slotOf("address", world.anchorKey.address, 1));
    const view = await world.registry.keyOf(world.anchorKey.address);
    expect(cut(word, [32, 8, 16, 40, 40, 40, 40, 40])).to.deep.equal(view.toArray());
    expect([view.issuerId, view.index, view.notAfter, view.compromisedAt, view.seq]).to.deep.equal([
      1n, 1n, 4_000_000_000n, 9n, 2n,
    ]);
  });

  it("keeps an institution in slot 2 and the four after its own", async function () {
    await world.as_statusKey.revoke([0], [1n], 0);
    await world.as_admin.proposeAdmin(1, world.heir.address);
    await world.as_registrar.setStanding(1, 2, 5, 4_000_000_000);
    const base = BigInt(slotOf("uint32", 1, 2));
    const view = await world.registry.issuerOf(1);
    expect(cut(await read(base), [40, 40, 40, 40, 8, 8, 40, 16])).to.deep.equal(view.toArray().slice(0, 8));
    const rest = await Promise.all([1n, 2n, 3n, 4n].map((i) => read(base + i)));
    expect(rest).to.deep.equal(view.toArray().slice(8).map(BigInt));
    expect([view.statusSeq, view.state, view.reason, view.validUntil, view.keyCount, view.documentDigest]).to.deep.equal([
      1n, 2n, 5n, 4_000_000_000n, 3n, DIGEST,
    ]);
  });

  it("keeps both bitmaps in slots 3 and 4", async function () {
    await world.as_statusKey.revoke([513], [1n << 200n], 0);
    await world.as_statusKey.suspend([513], [1n << 100n], 0);
    expect(await read(slotOf("uint64", 513, slotOf("uint32", 1, 3)))).to.equal(1n << 200n);
    expect(await read(slotOf("uint64", 513, slotOf("uint32", 1, 4)))).to.equal(1n << 100n);
  });

  it("keeps an accreditation in slot 5", async function () {
    await world.as_accreditor.accredit(1, MATHS, 0, 4_000_000_000);
    await world.as_accreditor.withdrawAccreditation(1, MATHS, 7);
    const word = await read(slotOf("bytes32", MATHS, slotOf("uint32", 1, 5)));
    const view = await world.registry.accreditationOf(1, MATHS);
    expect(cut(word, [40, 40, 40, 8])).to.deep.equal(view.toArray());
  });

  it("keeps identifier, registry, authority, officers and names in slots 6 to 11", async function () {
    await world.as_authority.proposeAuthority(world.heir.address);
    expect(await read(slotOf("bytes32", ethers.id("did:web:two.example"), 6))).to.equal(2n);
    expect(cut(await read(7), [40, 40, 32])).to.deep.equal((await world.registry.registry()).toArray());
    const [authority, next, from] = await world.registry.authority();
    expect(await read(8)).to.equal(BigInt(authority));
    expect(cut(await read(9), [160, 40])).to.deep.equal([BigInt(next), from]);
    expect(await read(slotOf("address", world.accreditor.address, 10))).to.equal(2n);
    const names = BigInt(slotOf("uint32", 1, 11));
    const short = (text) => BigInt(ethers.encodeBytes32String(text)) | BigInt(2 * text.length);
    expect([await read(names), await read(names + 1n)]).to.deep.equal([
      short("did:web:one.example"), short("Institute One"),
    ]);
    expect(await read(12)).to.equal(0n);
  });
});
