// SC-02: a root may begin with a selector. No function that changes state may be callable on 32 bytes of data.
const { expect } = require("chai");
const { ethers } = require("hardhat");
const { compiled, enterWorld, send, storageHash } = require("./tools/world");
const { instructions } = require("./tools/code");

// Every selector of the compiled interface. A new function is added there by hand, with this rule in mind.
const { changing, views } = require("./selectors.json");

const SENDERS = ["authority", "admin", "anchorKey", "statusKey", "stranger"];
const TAILS = ["00".repeat(28), "ff".repeat(28), ethers.id("tail").slice(2, 58), "00".repeat(27) + "20"];

describe("Selector rule (SC-02)", function () {
  let world;
  beforeEach(async function () {
    world = await enterWorld();
  });

  it("knows every selector of the compiled contract, inherited ones included", async function () {
    const identifiers = (await compiled()).evm.methodIdentifiers;
    expect({ ...changing, ...views }).to.deep.equal(identifiers);
  });

  it("has no state-changing function without arguments", function () {
    expect(Object.keys(changing).filter((one) => one.endsWith("()"))).to.deep.equal([]);
    expect(Object.keys(views).filter((one) => one.endsWith("()"))).to.deep.equal([
      "authority()", "delay()", "eip712Domain()", "registry()",
    ]);
  });

  it("changes nothing and logs nothing on 32 bytes that begin with a selector, whoever sends them", async function () {
    await world.as_admin.proposeAdmin(1, world.admin.address);
    await world.as_authority.proposeAuthority(world.authority.address);
    await ethers.provider.send("evm_increaseTime", [Number(await world.registry.delay())]);
    await ethers.provider.send("evm_mine");
    const before = await storageHash(world.address);
    for (const selector of Object.values({ ...changing, ...views })) {
      for (const tail of TAILS) {
        for (const sender of SENDERS) {
          const data = `0x${selector}${tail}`;
          const receipt = await send(world[sender], world.address, data).catch((error) => error);
          if (!(receipt instanceof Error)) expect(receipt.logs, data).to.deep.equal([]);
        }
      }
    }
    expect(await storageHash(world.address)).to.equal(before);
  });

  it("answers views with status 1 on such data, so that success is the event and never the status", async function () {
    const receipt = await send(world.anchorKey, world.address, `0x${views["registry()"]}${TAILS[2]}`);
    expect([receipt.status, receipt.logs]).to.deep.equal([1, []]);
  });

  it("anchors a root that begins with a selector through anchor()", async function () {
    const root = `0x${changing["acceptAuthority(address)"]}${TAILS[2]}`;
    await expect(world.as_anchorKey.anchor(root, 1)).to.emit(world.registry, "Anchored");
  });

  it("treats 32 bytes beginning with any constant of its code as an anchor or changes nothing", async function () {
    const constants = new Set();
    for (const [opcode, pushed] of instructions(await ethers.provider.getCode(world.address))) {
      if (opcode === 0x63) constants.add(pushed);
    }
    const known = new Set(Object.values({ ...changing, ...views }));
    expect([...known].filter((one) => constants.has(one)).length).to.be.greaterThan(20);
    for (const constant of constants) {
      const data = `0x${constant}${TAILS[2]}`;
      const before = await storageHash(world.address);
      const receipt = await send(world.anchorKey, world.address, data).catch((error) => error);
      const logs = receipt instanceof Error ? [] : receipt.logs.map((one) => world.registry.interface.parseLog(one));
      expect(logs.map((one) => [one.name, one.args.root])).to.deep.equal(known.has(constant) ? [] : [["Anchored", data]]);
      if (logs.length === 0) expect(await storageHash(world.address)).to.equal(before);
    }
  });
});
