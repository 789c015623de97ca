const { expect } = require("chai");
const { ethers } = require("hardhat");
const { DIGEST, MATHS, OFFICER, ZERO, deploy, enterWorld, height, now, setNextTime } = require("./tools/world");

describe("Authority", function () {
  let world;
  beforeEach(async function () {
    world = await enterWorld();
  });

  it("begins the registry chain when the contract is deployed", async function () {
    const registry = await deploy(world.heir);
    const entries = await registry.queryFilter(registry.filters.AuthorityChanged());
    expect(entries).to.have.length(1);
    expect(entries[0].args.toArray()).to.deep.equal([world.heir.address, ZERO, world.heir.address, 1n, 0n, 0n]);
    expect(await registry.registry()).to.deep.equal([1n, BigInt(await height()), 0n]);
    expect(await registry.authority()).to.deep.equal([world.heir.address, ZERO, 0n]);
  });

  it("is never nobody", async function () {
    const factory = await ethers.getContractFactory("RootsealRegistry");
    await expect(factory.deploy(ZERO)).to.be.revertedWithCustomError(factory, "ZeroAddress");
  });

  it("names officers and takes their roles away", async function () {
    const head = await world.registry.registry();
    await expect(world.as_authority.setOfficer(world.spare.address, 3))
      .to.emit(world.registry, "OfficerChanged")
      .withArgs(world.spare.address, world.authority.address, head.seq + 1n, head.lastBlock, 3);
    expect(await world.registry.officerRoles(world.spare.address)).to.equal(3n);
    await world.as_spare.accredit(1, MATHS, 0, 0);
    await world.as_authority.setOfficer(world.spare.address, 0);
    await expect(world.as_spare.accredit(1, MATHS, 0, 0))
      .to.be.revertedWithCustomError(world.registry, "NotOfficer")
      .withArgs(world.spare.address, OFFICER.ACCREDITOR);
  });

  it("may itself do what its officers may", async function () {
    await world.as_authority.registerIssuer("did:web:three.example", "Three", world.spare.address, DIGEST, 0);
    await world.as_authority.accredit(3, MATHS, 0, 0);
    await world.as_authority.nameSuccessor(world.spare.address);
  });

  it("keeps its officers' two roles apart", async function () {
    await expect(world.as_registrar.accredit(1, MATHS, 0, 0))
      .to.be.revertedWithCustomError(world.registry, "NotOfficer")
      .withArgs(world.registrar.address, OFFICER.ACCREDITOR);
    await expect(world.as_accreditor.setStanding(1, 2, 0, 0))
      .to.be.revertedWithCustomError(world.registry, "NotOfficer")
      .withArgs(world.accreditor.address, OFFICER.REGISTRAR);
  });

  it("hands over in two steps, not before the delay has passed", async function () {
    const head = await world.registry.registry();
    const time = (await now()) + 10;
    const from = time + Number(await world.registry.delay());
    await setNextTime(time);
    await expect(world.as_authority.proposeAuthority(world.heir.address))
      .to.emit(world.registry, "AuthorityChanged")
      .withArgs(world.authority.address, world.heir.address, world.authority.address, head.seq + 1n, head.lastBlock, from);
    await setNextTime(from - 1);
    await expect(world.as_heir.acceptAuthority(world.authority.address))
      .to.be.revertedWithCustomError(world.registry, "TooEarly")
      .withArgs(from);
    await setNextTime(from);
    await world.as_heir.acceptAuthority(world.authority.address);
    expect(await world.registry.authority()).to.deep.equal([world.heir.address, ZERO, 0n]);
    await expect(world.as_authority.setOfficer(world.spare.address, 1))
      .to.be.revertedWithCustomError(world.registry, "NotAuthority")
      .withArgs(world.authority.address);
    await expect(world.as_authority.accredit(1, MATHS, 0, 0))
      .to.be.revertedWithCustomError(world.registry, "NotOfficer");
  });

  it("is handed over only by who the heir believes it is", async function () {
    await world.as_authority.proposeAuthority(world.heir.address);
    await setNextTime((await now()) + Number(await world.registry.delay()));
    await expect(world.as_heir.acceptAuthority(world.stranger.address))
      .to.be.revertedWithCustomError(world.registry, "AuthorityMoved")
      .withArgs(world.authority.address);
  });

  it("names a successor in the registry chain and stops nothing", async function () {
    const head = await world.registry.registry();
    await expect(world.as_registrar.nameSuccessor(world.spare.address))
      .to.emit(world.registry, "SuccessorNamed")
      .withArgs(world.spare.address, world.registrar.address, head.seq + 1n, head.lastBlock);
    await world.as_anchorKey.anchor(MATHS, 1);
  });
});
