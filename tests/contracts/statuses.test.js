const { expect } = require("chai");
const { CHANGE, ROLE, STANDING, addKey, bit, enterWorld, height, now, root } = require("./tools/world");

describe("Statuses", function () {
  let world;
  beforeEach(async function () {
    world = await enterWorld();
  });

  it("revoke the entry whose bit is 255 - (index mod 256)", async function () {
    await expect(world.as_statusKey.revoke([3], [bit(3 * 256 + 5)], 2))
      .to.emit(world.registry, "StatusChanged")
      .withArgs(1, 3, world.statusKey.address, 1, 0, CHANGE.REVOKE, 2, 1n << 250n);
    expect(await world.registry.statusWord(1, 3)).to.deep.equal([1n << 250n, 0n]);
  });

  it("name only the bits that changed", async function () {
    await world.as_statusKey.revoke([0], [bit(1)], 1);
    const block = await height();
    await expect(world.as_statusKey.revoke([0], [bit(1) | bit(2)], 1))
      .to.emit(world.registry, "StatusChanged")
      .withArgs(1, 0, world.statusKey.address, 2, block, CHANGE.REVOKE, 1, bit(2));
    expect((await world.registry.statusWord(1, 0)).revoked).to.equal(bit(1) | bit(2));
  });

  it("link one entry a word, all in one block", async function () {
    await world.as_statusKey.suspend([7], [1n], 16);
    const former = await height();
    const receipt = await (await world.as_statusKey.revoke([1, 2n ** 64n - 1n, 5], [1n, 2n, 4n], 3)).wait();
    const entries = receipt.logs.map((one) => world.registry.interface.parseLog(one).args);
    expect(entries.map((one) => [one.word, one.seq, one.prevBlock, one.bits])).to.deep.equal([
      [1n, 2n, BigInt(former), 1n], [2n ** 64n - 1n, 3n, BigInt(receipt.blockNumber), 2n],
      [5n, 4n, BigInt(receipt.blockNumber), 4n],
    ]);
    const issuer = await world.registry.issuerOf(1);
    expect([issuer.statusSeq, issuer.statusBlock]).to.deep.equal([4n, BigInt(receipt.blockNumber)]);
  });

  it("suspend and reinstate without touching revocation", async function () {
    await world.as_statusKey.suspend([0], [bit(0) | bit(1)], 16);
    await world.as_statusKey.revoke([0], [bit(1)], 2);
    await expect(world.as_statusKey.reinstate([0], [bit(0) | bit(1) | bit(9)], 17))
      .to.emit(world.registry, "StatusChanged")
      .withArgs(1, 0, world.statusKey.address, 3, (await height()), CHANGE.REINSTATE, 17, bit(0) | bit(1));
    expect(await world.registry.statusWord(1, 0)).to.deep.equal([bit(1), 0n]);
  });

  it("refuse a word where nothing would change, and then change no other", async function () {
    await world.as_statusKey.revoke([1], [1n], 0);
    await expect(world.as_statusKey.revoke([0, 1], [1n, 1n], 0))
      .to.be.revertedWithCustomError(world.registry, "NothingChanges")
      .withArgs(1);
    await expect(world.as_statusKey.suspend([2], [0n], 0)).to.be.revertedWithCustomError(world.registry, "NothingChanges");
    await expect(world.as_statusKey.reinstate([1], [1n], 0))
      .to.be.revertedWithCustomError(world.registry, "NothingChanges");
    expect(await world.registry.statusWord(1, 0)).to.deep.equal([0n, 0n]);
  });

  it("take 256 words in one call", async function () {
    const words = Array.from({ length: 256 }, (_, i) => i);
    await world.as_statusKey.revoke(words, words.map(() => 1n), 0);
    expect((await world.registry.issuerOf(1)).statusSeq).to.equal(256n);
  });

  it("revoke a whole batch once, with reason and time", async function () {
    await world.as_anchorKey.anchor(root("a"), 9);
    await expect(world.as_statusKey.revokeBatch(root("a"), 6))
      .to.emit(world.registry, "BatchRevoked")
      .withArgs(1, root("a"), world.statusKey.address, 1, 0, 6);
    const anchor = await world.registry.anchorOf(1, root("a"));
    const time = BigInt(await now());
    expect([anchor.reason, anchor.revokedAt, anchor.leaves, anchor.seq]).to.deep.equal([6n, time, 9n, 1n]);
    await expect(world.as_statusKey.revokeBatch(root("a"), 0))
      .to.be.revertedWithCustomError(world.registry, "BatchAlreadyRevoked")
      .withArgs(1, root("a"), time);
  });

  it("endorse a batch with another key, once", async function () {
    await world.as_anchorKey.anchor(root("a"), 1);
    const before = await world.registry.anchorOf(1, root("a"));
    await expect(world.as_secondKey.endorse(root("a")))
      .to.emit(world.registry, "BatchEndorsed")
      .withArgs(1, root("a"), world.secondKey.address, 1, 0, 2);
    const after = await world.registry.anchorOf(1, root("a"));
    expect(after.toArray().slice(0, 7)).to.deep.equal(before.toArray().slice(0, 7));
    expect(after.endorsedBy).to.equal(2n);
    await expect(world.as_secondKey.endorse(root("a")))
      .to.be.revertedWithCustomError(world.registry, "AlreadyEndorsed")
      .withArgs(root("a"), 2);
  });

  it("replace the endorsement of a compromised key only", async function () {
    await world.as_anchorKey.anchor(root("a"), 1);
    await world.as_secondKey.endorse(root("a"));
    await addKey(world, world.admin, 1, world.spare, ROLE.ANCHOR);
    const { registry, secondKey } = world;
    await expect(world.as_spare.replaceEndorsement(root("a"), secondKey.address))
      .to.be.revertedWithCustomError(registry, "KeyNotCompromised")
      .withArgs(secondKey.address);
    await world.as_admin.compromiseKey(secondKey.address, 1);
    // otherStatus has the endorser's very index, in another institution, and is compromised too.
    await world.as_otherAdmin.compromiseKey(world.otherStatus.address, 1);
    for (const wrong of [world.anchorKey, world.otherStatus, world.stranger].map((one) => one.address)) {
      await expect(world.as_spare.replaceEndorsement(root("a"), wrong))
        .to.be.revertedWithCustomError(registry, "NotTheEndorser")
        .withArgs(root("a"), wrong);
    }
    await expect(world.as_anchorKey.replaceEndorsement(root("a"), secondKey.address))
      .to.be.revertedWithCustomError(registry, "SelfEndorsement")
      .withArgs(root("a"), 1);
    const block = (await registry.issuerOf(1)).statusBlock;
    await expect(world.as_spare.replaceEndorsement(root("a"), secondKey.address))
      .to.emit(registry, "BatchEndorsed")
      .withArgs(1, root("a"), world.spare.address, 2, block, 4);
    expect((await registry.anchorOf(1, root("a"))).endorsedBy).to.equal(4n);
  });

  it("keep an endorsement apart from a revocation", async function () {
    await world.as_anchorKey.anchor(root("a"), 5);
    await world.as_statusKey.revokeBatch(root("a"), 6);
    await world.as_secondKey.endorse(root("a"));
    const anchor = await world.registry.anchorOf(1, root("a"));
    expect([anchor.keyIndex, anchor.reason, anchor.leaves, anchor.endorsedBy]).to.deep.equal([1n, 6n, 5n, 2n]);
  });

  it("of a suspended institution: revoke and suspend, but neither reinstate nor endorse", async function () {
    await world.as_anchorKey.anchor(root("a"), 1);
    await world.as_registrar.setStanding(1, STANDING.SUSPENDED, 0, 0);
    await world.as_statusKey.revoke([0], [1n], 0);
    await world.as_statusKey.suspend([0], [2n], 0);
    await world.as_statusKey.revokeBatch(root("a"), 0);
    for (const refused of [
      () => world.as_statusKey.reinstate([0], [2n], 0), () => world.as_secondKey.endorse(root("a")),
    ]) {
      await expect(refused())
        .to.be.revertedWithCustomError(world.registry, "IssuerNotActive")
        .withArgs(1, STANDING.SUSPENDED);
    }
  });

  it("of a closed institution: revoke only", async function () {
    await world.as_anchorKey.anchor(root("a"), 1);
    await world.as_statusKey.suspend([0], [2n], 0);
    await world.as_registrar.setStanding(1, STANDING.CLOSED, 0, 0);
    await world.as_statusKey.revoke([0], [1n], 0);
    await world.as_statusKey.revokeBatch(root("a"), 0);
    expect(await world.registry.statusWord(1, 0)).to.deep.equal([1n, 2n]);
    await expect(world.as_statusKey.suspend([0], [4n], 0))
      .to.be.revertedWithCustomError(world.registry, "IssuerIsClosed")
      .withArgs(1);
    await expect(world.as_statusKey.reinstate([0], [2n], 0))
      .to.be.revertedWithCustomError(world.registry, "IssuerNotActive")
      .withArgs(1, STANDING.CLOSED);
  });
});
