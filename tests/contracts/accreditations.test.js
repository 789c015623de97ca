const { expect } = require("chai");
const { MATHS, STANDING, enterWorld, now, setNextTime } = require("./tools/world");

describe("Accreditations", function () {
  let world;
  beforeEach(async function () {
    world = await enterWorld();
  });

  it("begin now when no beginning is given", async function () {
    const { affairsSeq, affairsBlock } = await world.registry.issuerOf(1);
    const time = (await now()) + 10;
    await setNextTime(time);
    await expect(world.as_accreditor.accredit(1, MATHS, 0, time + 100))
      .to.emit(world.registry, "AccreditationChanged")
      .withArgs(1, MATHS, world.accreditor.address, affairsSeq + 1n, affairsBlock, time, time + 100, 0, 0);
    expect(await world.registry.accreditationOf(1, MATHS)).to.deep.equal([BigInt(time), BigInt(time + 100), 0n, 0n]);
  });

  it("are withdrawn at once, with a reason, and keep their beginning", async function () {
    await world.as_accreditor.accredit(1, MATHS, 0, 0);
    const granted = await world.registry.accreditationOf(1, MATHS);
    const { affairsSeq, affairsBlock } = await world.registry.issuerOf(1);
    const time = (await now()) + 10;
    await setNextTime(time);
    await expect(world.as_accreditor.withdrawAccreditation(1, MATHS, 7))
      .to.emit(world.registry, "AccreditationChanged")
      .withArgs(1, MATHS, world.accreditor.address, affairsSeq + 1n, affairsBlock, granted.validFrom, 0, time, 7);
    expect(await world.registry.accreditationOf(1, MATHS)).to.deep.equal([granted.validFrom, 0n, BigInt(time), 7n]);
  });

  it("are replaced by the latest grant, also after a withdrawal", async function () {
    await world.as_accreditor.accredit(1, MATHS, 0, 0);
    await world.as_accreditor.withdrawAccreditation(1, MATHS, 7);
    const start = (await now()) + 50;
    await world.as_accreditor.accredit(1, MATHS, start, 0);
    expect(await world.registry.accreditationOf(1, MATHS)).to.deep.equal([BigInt(start), 0n, 0n, 0n]);
  });

  it("may be withdrawn from an institution that is closed", async function () {
    await world.as_accreditor.accredit(1, MATHS, 0, 0);
    await world.as_registrar.setStanding(1, STANDING.CLOSED, 0, 0);
    await world.as_accreditor.withdrawAccreditation(1, MATHS, 7);
    expect((await world.registry.accreditationOf(1, MATHS)).reason).to.equal(7n);
  });

  it("of one institution are not another's", async function () {
    await world.as_accreditor.accredit(1, MATHS, 0, 0);
    expect(await world.registry.accreditationOf(2, MATHS)).to.deep.equal([0n, 0n, 0n, 0n]);
  });
});
