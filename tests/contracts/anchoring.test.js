const { expect } = require("chai");
const { ethers } = require("hardhat");
const {
  ROLE, STANDING, enterWorld, height, inOneBlock, now, root, send, setNextTime, signAnchor,
  signKeyConsent,
} = require("./tools/world");

describe("Anchoring", function () {
  let world;
  beforeEach(async function () {
    world = await enterWorld();
  });

  it("records a root that is the whole data of a transaction", async function () {
    const receipt = await send(world.anchorKey, world.address, root("a"));
    const block = await ethers.provider.getBlock(receipt.blockNumber);
    const anchor = await world.registry.anchorOf(1, root("a"));
    expect(anchor).to.deep.equal([1n, 0n, BigInt(block.timestamp), BigInt(block.number), 1n, 0n, 0n, 0n]);
    expect(receipt.logs).to.have.length(1);
    const entry = world.registry.interface.parseLog(receipt.logs[0]);
    expect(entry.args.toArray()).to.deep.equal([world.anchorKey.address, 1n, root("a"), 1n, 0n, 0n]);
  });

  it("records the claimed number of leaves", async function () {
    await expect(world.as_anchorKey.anchor(root("a"), 4_294_967_295n))
      .to.emit(world.registry, "Anchored")
      .withArgs(world.anchorKey.address, 1, root("a"), 1, 0, 4_294_967_295n);
    expect((await world.registry.anchorOf(1, root("a"))).leaves).to.equal(4_294_967_295n);
  });

  it("links the entries of a key, also several in a block", async function () {
    await world.as_anchorKey.anchor(root("a"), 1);
    const first = await height();
    await inOneBlock(
      () => world.as_anchorKey.anchor(root("b"), 1),
      () => world.as_secondKey.anchor(root("c"), 1),
      () => world.as_anchorKey.anchorMany([root("d"), root("e")]),
    );
    const second = await height();
    const entries = await world.registry.queryFilter(world.registry.filters.Anchored(world.anchorKey.address));
    expect(entries.map((one) => [one.args.root, one.args.seq, one.args.prevBlock])).to.deep.equal([
      [root("a"), 1n, 0n], [root("b"), 2n, BigInt(first)], [root("d"), 3n, BigInt(second)],
      [root("e"), 4n, BigInt(second)],
    ]);
    const key = await world.registry.keyOf(world.anchorKey.address);
    expect([key.seq, key.lastBlock]).to.deep.equal([4n, BigInt(second)]);
    expect((await world.registry.keyOf(world.secondKey.address)).seq).to.equal(1n);
  });

  it("anchors all of a list or nothing", async function () {
    await world.as_anchorKey.anchor(root("c"), 1);
    await expect(world.as_anchorKey.anchorMany([root("a"), root("b"), root("c")]))
      .to.be.revertedWithCustomError(world.registry, "RootAlreadyAnchored")
      .withArgs(1, root("c"));
    expect((await world.registry.anchorOf(1, root("a"))).seq).to.equal(0n);
    expect((await world.registry.keyOf(world.anchorKey.address)).seq).to.equal(1n);
  });

  it("takes a list of 256 roots", async function () {
    const roots = Array.from({ length: 256 }, (_, i) => root(i));
    await world.as_anchorKey.anchorMany(roots);
    const last = await world.registry.anchorOf(1, roots[255]);
    expect([last.seq, last.leaves]).to.deep.equal([256n, 0n]);
  });

  it("carries out a request that the key signed, whoever sends it", async function () {
    const request = { key: world.anchorKey.address, root: root("a"), leaves: 7, seq: 1, deadline: (await now()) + 100 };
    const signature = await signAnchor(world, world.anchorKey, request);
    await expect(world.as_relayer.anchorBySig(request.key, request.root, 7, request.deadline, signature))
      .to.emit(world.registry, "Anchored")
      .withArgs(world.anchorKey.address, 1, root("a"), 1, 0, 7);
  });

  it("takes a signature in the second of its deadline and none later", async function () {
    const deadline = (await now()) + 100;
    const key = world.anchorKey.address;
    const early = await signAnchor(world, world.anchorKey, { key, root: root("a"), leaves: 1, seq: 1, deadline });
    await setNextTime(deadline);
    await world.as_relayer.anchorBySig(key, root("a"), 1, deadline, early);
    const late = await signAnchor(world, world.anchorKey, { key, root: root("b"), leaves: 1, seq: 2, deadline });
    await expect(world.as_relayer.anchorBySig(key, root("b"), 1, deadline, late))
      .to.be.revertedWithCustomError(world.registry, "SignatureExpired")
      .withArgs(deadline);
  });

  it("voids a signature when the key anchors anything else", async function () {
    const deadline = (await now()) + 100;
    const request = { key: world.anchorKey.address, root: root("a"), leaves: 1, seq: 1, deadline };
    const signature = await signAnchor(world, world.anchorKey, request);
    await world.as_anchorKey.anchor(root("b"), 1);
    await expect(world.as_relayer.anchorBySig(request.key, root("a"), 1, deadline, signature))
      .to.be.revertedWithCustomError(world.registry, "BadSignature")
      .withArgs(world.anchorKey.address);
  });

  for (const [field, spoilt] of [
    ["root", { root: ethers.id("another") }], ["leaves", { leaves: 2 }], ["deadline", { deadline: 4_000_000_001 }],
    ["seq", { seq: 2 }], ["key", { key: "0x000000000000000000000000000000000000dEaD" }],
  ]) {
    it(`refuses a signature over another ${field}`, async function () {
      const request = { key: world.anchorKey.address, root: root("a"), leaves: 1, seq: 1, deadline: 4_000_000_000 };
      const signature = await signAnchor(world, world.anchorKey, { ...request, ...spoilt });
      await expect(world.as_relayer.anchorBySig(request.key, request.root, 1, request.deadline, signature))
        .to.be.revertedWithCustomError(world.registry, "BadSignature");
    });
  }

  it("asks a contract wallet for its signature", async function () {
    const wallet = await (await ethers.getContractFactory("Wallet")).deploy(world.spare.address);
    const key = await wallet.getAddress();
    const consent = await signKeyConsent(world, world.spare, {
      key, issuerId: 1, roles: ROLE.ANCHOR, notBefore: 0, notAfter: 0,
    });
    await world.as_admin.addKey(1, key, ROLE.ANCHOR, 0, 0, consent);
    const request = { key, root: root("a"), leaves: 1, seq: 1, deadline: 4_000_000_000 };
    const wrong = await signAnchor(world, world.stranger, request);
    await expect(world.as_relayer.anchorBySig(key, root("a"), 1, request.deadline, wrong))
      .to.be.revertedWithCustomError(world.registry, "BadSignature");
    const right = await signAnchor(world, world.spare, request);
    await expect(world.as_relayer.anchorBySig(key, root("a"), 1, request.deadline, right))
      .to.emit(world.registry, "Anchored")
      .withArgs(key, 1, root("a"), 1, 0, 1);
  });

  it("does not let one wallet's signature serve another wallet of the same owner", async function () {
    const factory = await ethers.getContractFactory("Wallet");
    const [one, two] = [await factory.deploy(world.spare.address), await factory.deploy(world.spare.address)];
    const consent = { issuerId: 1, roles: ROLE.ANCHOR, notBefore: 0, notAfter: 0 };
    const forOne = await signKeyConsent(world, world.spare, {
      ...consent, key: await one.getAddress(),
    });
    await expect(world.as_admin.addKey(1, await two.getAddress(), ROLE.ANCHOR, 0, 0, forOne))
      .to.be.revertedWithCustomError(world.registry, "BadSignature");
  });

  it("ends with the institution's registration, to the second", async function () {
    const end = (await now()) + 100;
    await world.as_registrar.setStanding(1, STANDING.ACTIVE, 0, end);
    await setNextTime(end - 1);
    await world.as_anchorKey.anchor(root("a"), 1);
    await setNextTime(end);
    await expect(world.as_anchorKey.anchor(root("b"), 1))
      .to.be.revertedWithCustomError(world.registry, "IssuerExpired")
      .withArgs(1, end);
  });

  it("stops while the institution is suspended and goes on when it is lifted", async function () {
    await world.as_registrar.setStanding(1, STANDING.SUSPENDED, 4, 0);
    await expect(world.as_anchorKey.anchor(root("a"), 1))
      .to.be.revertedWithCustomError(world.registry, "IssuerNotActive")
      .withArgs(1, STANDING.SUSPENDED);
    await world.as_registrar.setStanding(1, STANDING.ACTIVE, 0, 0);
    await world.as_anchorKey.anchor(root("a"), 1);
  });
});
