const { expect } = require("chai");
const { ethers } = require("hardhat");
const { DIGEST, STANDING, ZERO, enterWorld, height, root } = require("./tools/world");

const THREE = "did:web:three.example";

describe("Issuers", function () {
  let world;
  beforeEach(async function () {
    world = await enterWorld();
  });

  it("are numbered from 1 and named in the registry chain", async function () {
    const head = await world.registry.registry();
    const call = world.as_registrar.registerIssuer(THREE, "Te Whare Wānanga 三", world.spare.address, DIGEST, 4_000_000_000);
    await expect(call)
      .to.emit(world.registry, "IssuerNamed")
      .withArgs(3, ethers.id(THREE), world.registrar.address, head.seq + 1n, head.lastBlock, THREE, "Te Whare Wānanga 三");
    await expect(call)
      .to.emit(world.registry, "IssuerChanged")
      .withArgs(
        3, world.registrar.address, 1, 0, STANDING.ACTIVE, 0, 4_000_000_000, world.spare.address, ZERO,
        ethers.id(THREE), DIGEST,
      );
    const block = BigInt(await height());
    expect(await world.registry.registry()).to.deep.equal([head.seq + 1n, block, 3n]);
    expect(await world.registry.namesOf(3)).to.deep.equal([THREE, "Te Whare Wānanga 三"]);
    expect(await world.registry.issuerIdOf(ethers.id(THREE))).to.equal(3n);
    expect(await world.registry.issuerOf(3)).to.deep.equal([
      1n, block, 0n, 0n, 1n, 0n, 4_000_000_000n, 0n, world.spare.address, ZERO, ethers.id(THREE), DIGEST,
    ]);
  });

  it("take texts of up to 1024 bytes", async function () {
    await world.as_registrar.registerIssuer("x".repeat(1024), "学".repeat(341), world.spare.address, DIGEST, 0);
    await expect(world.as_registrar.registerIssuer(THREE, "学".repeat(342), world.spare.address, DIGEST, 0))
      .to.be.revertedWithCustomError(world.registry, "BadTextLength")
      .withArgs(1026, 1024);
    await expect(world.as_registrar.registerIssuer("", "Three", world.spare.address, DIGEST, 0))
      .to.be.revertedWithCustomError(world.registry, "BadTextLength")
      .withArgs(0, 1024);
  });

  it("keep their old identifiers when renamed, and may go back", async function () {
    await world.as_registrar.renameIssuer(1, THREE, "Institute Three");
    await expect(world.as_registrar.renameIssuer(2, "did:web:one.example", "Institute Two"))
      .to.be.revertedWithCustomError(world.registry, "IdentifierTaken")
      .withArgs(ethers.id("did:web:one.example"), 1);
    expect(await world.registry.issuerIdOf(ethers.id("did:web:one.example"))).to.equal(1n);
    expect((await world.registry.issuerOf(1)).identifierHash).to.equal(ethers.id(THREE));
    await world.as_registrar.renameIssuer(1, "did:web:one.example", "Institute Anew");
    expect(await world.registry.namesOf(1)).to.deep.equal(["did:web:one.example", "Institute Anew"]);
  });

  it("yield their identifiers only when closed", async function () {
    await world.as_registrar.setStanding(1, STANDING.SUSPENDED, 0, 0);
    await expect(world.as_registrar.registerIssuer("did:web:one.example", "Heir", world.spare.address, DIGEST, 0))
      .to.be.revertedWithCustomError(world.registry, "IdentifierTaken");
    await world.as_registrar.setStanding(1, STANDING.CLOSED, 0, 0);
    await world.as_registrar.registerIssuer("did:web:one.example", "Heir", world.spare.address, DIGEST, 0);
    expect(await world.registry.issuerIdOf(ethers.id("did:web:one.example"))).to.equal(3n);
    expect(await world.registry.namesOf(1)).to.deep.equal(["did:web:one.example", "Institute One"]);
  });

  it("stay closed", async function () {
    await world.as_registrar.setStanding(1, STANDING.CLOSED, 3, 0);
    for (const refused of [
      () => world.as_registrar.setStanding(1, STANDING.ACTIVE, 0, 0),
      () => world.as_registrar.setStanding(1, STANDING.CLOSED, 0, 0),
      () => world.as_registrar.renameIssuer(1, THREE, "Institute Three"),
      () => world.as_admin.setDocument(1, DIGEST),
      () => world.as_admin.proposeAdmin(1, world.heir.address),
      () => world.as_accreditor.accredit(1, root("achievement"), 0, 0),
    ]) {
      await expect(refused()).to.be.revertedWithCustomError(world.registry, "IssuerIsClosed").withArgs(1);
    }
    await expect(world.as_anchorKey.anchor(root("a"), 1))
      .to.be.revertedWithCustomError(world.registry, "IssuerNotActive")
      .withArgs(1, STANDING.CLOSED);
  });

  it("cannot be taken over by a proposed admin once closed", async function () {
    await world.as_admin.proposeAdmin(1, world.heir.address);
    await world.as_registrar.setStanding(1, STANDING.CLOSED, 0, 0);
    await expect(world.as_heir.acceptAdmin(1)).to.be.revertedWithCustomError(world.registry, "IssuerIsClosed");
  });

  it("write a full snapshot at every change", async function () {
    const other = ethers.id("another document");
    const steps = [
      [() => world.as_registrar.setStanding(1, 2, 5, 77), world.registrar, [2, 5, 77, world.admin.address, ZERO, DIGEST]],
      [() => world.as_admin.setDocument(1, other), world.admin, [2, 5, 77, world.admin.address, ZERO, other]],
      [() => world.as_admin.proposeAdmin(1, world.heir.address), world.admin,
        [2, 5, 77, world.admin.address, world.heir.address, other]],
      [() => world.as_heir.acceptAdmin(1), world.heir, [2, 5, 77, world.heir.address, ZERO, other]],
    ];
    for (const [step, by, [state, reason, until, admin, next, document]] of steps) {
      const { affairsSeq, affairsBlock } = await world.registry.issuerOf(1);
      await expect(step())
        .to.emit(world.registry, "IssuerChanged")
        .withArgs(
          1, by.address, affairsSeq + 1n, affairsBlock, state, reason, until, admin, next,
          ethers.id("did:web:one.example"), document,
        );
    }
  });

  it("change hands only when the next admin accepts", async function () {
    await world.as_admin.proposeAdmin(1, world.heir.address);
    await expect(world.as_heir.setDocument(1, DIGEST)).to.be.revertedWithCustomError(world.registry, "NotAdmin");
    await world.as_admin.proposeAdmin(1, ZERO);
    await expect(world.as_heir.acceptAdmin(1))
      .to.be.revertedWithCustomError(world.registry, "NotProposedAdmin")
      .withArgs(1, world.heir.address);
    await world.as_admin.proposeAdmin(1, world.heir.address);
    await world.as_heir.acceptAdmin(1);
    await expect(world.as_admin.setDocument(1, DIGEST))
      .to.be.revertedWithCustomError(world.registry, "NotAdmin")
      .withArgs(1, world.admin.address);
    await world.as_heir.setDocument(1, DIGEST);
  });
});
