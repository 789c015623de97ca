const { expect } = require("chai");
const { ethers } = require("hardhat");
const { ROLE, STANDING, addKey, enterWorld, height, now, root, setNextTime, signKeyConsent } = require("./tools/world");

describe("Keys", function () {
  let world;
  beforeEach(async function () {
    world = await enterWorld();
  });

  it("are numbered from 1 and known by index, roles and window", async function () {
    const start = (await now()) + 50;
    const before = await world.registry.issuerOf(1);
    await expect(addKey(world, world.admin, 1, world.spare, ROLE.BOTH, start, start + 10))
      .to.emit(world.registry, "KeyChanged")
      .withArgs(
        1, world.spare.address, world.admin.address, before.affairsSeq + 1n, before.affairsBlock, 4, ROLE.BOTH,
        start, start + 10, 0,
      );
    const key = await world.registry.keyOf(world.spare.address);
    expect(key).to.deep.equal([1n, 3n, 4n, BigInt(start), BigInt(start + 10), 0n, 0n, 0n]);
    const after = await world.registry.issuerOf(1);
    expect([after.keyCount, after.affairsBlock]).to.deep.equal([4n, BigInt(await height())]);
  });

  it("begin now when no beginning is given", async function () {
    await addKey(world, world.admin, 1, world.spare, ROLE.ANCHOR);
    expect((await world.registry.keyOf(world.spare.address)).notBefore).to.equal(BigInt(await now()));
  });

  it("need no consent when the admin adds itself", async function () {
    await world.as_admin.addKey(1, world.admin.address, ROLE.STATUS, 0, 0, "0x");
    expect((await world.registry.keyOf(world.admin.address)).index).to.equal(4n);
  });

  for (const [field, spoilt] of [
    ["issuer", { issuerId: 2 }], ["roles", { roles: ROLE.STATUS }], ["beginning", { notBefore: 1 }],
    ["end", { notAfter: 4_000_000_001 }], ["key", { key: "0x000000000000000000000000000000000000dEaD" }],
  ]) {
    it(`refuse a consent to another ${field}`, async function () {
      const consent = { key: world.spare.address, issuerId: 1, roles: ROLE.ANCHOR, notBefore: 0, notAfter: 4_000_000_000 };
      const signature = await signKeyConsent(world, world.spare, { ...consent, ...spoilt });
      await expect(world.as_admin.addKey(1, world.spare.address, ROLE.ANCHOR, 0, 4_000_000_000, signature))
        .to.be.revertedWithCustomError(world.registry, "BadSignature")
        .withArgs(world.spare.address);
    });
  }

  it("refuse another's consent", async function () {
    const consent = { key: world.spare.address, issuerId: 1, roles: ROLE.ANCHOR, notBefore: 0, notAfter: 0 };
    const signature = await signKeyConsent(world, world.stranger, consent);
    await expect(world.as_admin.addKey(1, world.spare.address, ROLE.ANCHOR, 0, 0, signature))
      .to.be.revertedWithCustomError(world.registry, "BadSignature");
  });

  it("belong to one institution for ever, also when retired", async function () {
    await world.as_admin.retireKey(world.anchorKey.address, 0);
    await expect(addKey(world, world.otherAdmin, 2, world.anchorKey, ROLE.ANCHOR))
      .to.be.revertedWithCustomError(world.registry, "KeyTaken")
      .withArgs(world.anchorKey.address, 1);
    await expect(addKey(world, world.admin, 1, world.anchorKey, ROLE.ANCHOR))
      .to.be.revertedWithCustomError(world.registry, "KeyTaken");
  });

  it("work from the first second of their window and not in the last", async function () {
    const start = (await now()) + 50;
    await addKey(world, world.admin, 1, world.spare, ROLE.ANCHOR, start, start + 10);
    await setNextTime(start - 1);
    await expect(world.as_spare.anchor(root("a"), 1))
      .to.be.revertedWithCustomError(world.registry, "KeyNotLive")
      .withArgs(world.spare.address, start, start + 10);
    await setNextTime(start);
    await world.as_spare.anchor(root("a"), 1);
    await setNextTime(start + 9);
    await world.as_spare.anchor(root("b"), 1);
    await setNextTime(start + 10);
    await expect(world.as_spare.anchor(root("c"), 1)).to.be.revertedWithCustomError(world.registry, "KeyNotLive");
  });

  it("are retired at once or later, and only ever earlier", async function () {
    const end = (await now()) + 100;
    await world.as_admin.retireKey(world.anchorKey.address, end);
    await world.as_anchorKey.anchor(root("a"), 1);
    for (const later of [end, end + 1]) {
      await expect(world.as_admin.retireKey(world.anchorKey.address, later))
        .to.be.revertedWithCustomError(world.registry, "NotShorter")
        .withArgs(world.anchorKey.address, end);
    }
    await world.as_admin.retireKey(world.anchorKey.address, 0);
    expect((await world.registry.keyOf(world.anchorKey.address)).notAfter).to.equal(BigInt(await now()));
    await expect(world.as_anchorKey.anchor(root("b"), 1)).to.be.revertedWithCustomError(world.registry, "KeyNotLive");
  });

  it("keep every bit of their window when they anchor", async function () {
    const end = 2 ** 40 - 1;
    await addKey(world, world.admin, 1, world.spare, ROLE.BOTH, 0, end);
    const before = await world.registry.keyOf(world.spare.address);
    await world.as_spare.anchor(root("a"), 1);
    const after = await world.registry.keyOf(world.spare.address);
    expect(after.toArray().slice(0, 6)).to.deep.equal(before.toArray().slice(0, 6));
    expect([after.notAfter, after.seq]).to.deep.equal([BigInt(end), 1n]);
  });

  it("keep their chain when retired or compromised", async function () {
    await world.as_anchorKey.anchor(root("a"), 1);
    const before = await world.registry.keyOf(world.anchorKey.address);
    await world.as_admin.retireKey(world.anchorKey.address, 0);
    await world.as_admin.compromiseKey(world.anchorKey.address, 1);
    const after = await world.registry.keyOf(world.anchorKey.address);
    expect([after.issuerId, after.roles, after.index, after.notBefore, after.seq, after.lastBlock]).to.deep.equal([
      before.issuerId, before.roles, before.index, before.notBefore, before.seq, before.lastBlock,
    ]);
  });

  it("do nothing more once compromised, and the moment only moves earlier", async function () {
    const since = (await now()) - 5;
    await world.as_admin.compromiseKey(world.anchorKey.address, since);
    await expect(world.as_anchorKey.anchor(root("a"), 1))
      .to.be.revertedWithCustomError(world.registry, "KeyIsCompromised")
      .withArgs(world.anchorKey.address, since);
    for (const later of [since, since + 1]) {
      await expect(world.as_admin.compromiseKey(world.anchorKey.address, later))
        .to.be.revertedWithCustomError(world.registry, "NotEarlier")
        .withArgs(world.anchorKey.address, since);
    }
    await world.as_admin.compromiseKey(world.anchorKey.address, 1);
    expect((await world.registry.keyOf(world.anchorKey.address)).compromisedAt).to.equal(1n);
  });

  it("may be compromised as of this very block", async function () {
    const time = (await now()) + 10;
    await setNextTime(time);
    await world.as_admin.compromiseKey(world.statusKey.address, time);
    await expect(world.as_statusKey.revoke([0], [1], 0))
      .to.be.revertedWithCustomError(world.registry, "KeyIsCompromised");
  });

  it("can be retired and compromised by an institution that is suspended or closed", async function () {
    await world.as_registrar.setStanding(1, STANDING.SUSPENDED, 0, 0);
    await world.as_admin.retireKey(world.anchorKey.address, 0);
    await world.as_registrar.setStanding(1, STANDING.CLOSED, 0, 0);
    await world.as_admin.retireKey(world.secondKey.address, 0);
    await world.as_admin.compromiseKey(world.statusKey.address, 1);
  });

  it("of a contract wallet act through it", async function () {
    const wallet = await (await ethers.getContractFactory("Wallet")).deploy(world.spare.address);
    const key = await wallet.getAddress();
    const signature = await signKeyConsent(world, world.spare, {
      key, issuerId: 1, roles: ROLE.STATUS, notBefore: 0, notAfter: 0,
    });
    await world.as_admin.addKey(1, key, ROLE.STATUS, 0, 0, signature);
    const data = world.registry.interface.encodeFunctionData("revoke", [[9], [1], 2]);
    await expect(wallet.connect(world.spare).execute(world.address, data))
      .to.emit(world.registry, "StatusChanged")
      .withArgs(1, 9, key, 1, 0, 0, 2, 1);
  });
});
