// The attacks SC-01 to SC-20 on what is built here, one test or more each.
const fs = require("node:fs");
const path = require("node:path");
const { expect } = require("chai");
const { ethers, network } = require("hardhat");
const {
  DIGEST, MATHS, STANDING, ZERO, addKey, bit, compiled, deploy, domainOf, enterWorld, height, measuring, now, root,
  send, setNextTime, signAnchor, signKeyConsent, storageHash,
} = require("./tools/world");
const { instructions } = require("./tools/code");

const SOURCES = path.join(__dirname, "..", "..", "contracts");
const ARTEFACT = path.join(__dirname, "..", "..", "protocol", "abi", "RootsealRegistry.json");
const FORBIDDEN = { 0xf0: "CREATE", 0xf1: "CALL", 0xf2: "CALLCODE", 0xf4: "DELEGATECALL", 0xf5: "CREATE2", 0xff: "SELFDESTRUCT" };

const read = (name) => fs.readFileSync(path.join(SOURCES, name), "utf8");

describe("Security", function () {
  let world;
  beforeEach(async function () {
    world = await enterWorld();
  });

  it("SC-01: another institution's record of a root does not stand in the way", async function () {
    await world.as_otherKey.anchor(root("a"), 1);
    await expect(world.as_anchorKey.anchor(root("a"), 2)).to.emit(world.registry, "Anchored");
    expect((await world.registry.anchorOf(1, root("a"))).leaves).to.equal(2n);
    expect((await world.registry.anchorOf(2, root("a"))).leaves).to.equal(1n);
  });

  it("SC-01: nobody can occupy another's address as a key", async function () {
    await expect(world.as_otherAdmin.addKey(2, world.spare.address, 1, 0, 0, "0x"))
      .to.be.revertedWithCustomError(world.registry, "BadSignature");
    await addKey(world, world.admin, 1, world.spare, 1);
  });

  it("SC-01: a consent seen in the open serves no other institution", async function () {
    const consent = await signKeyConsent(world, world.spare, {
      key: world.spare.address, issuerId: 1, roles: 1, notBefore: 0, notAfter: 0,
    });
    await expect(world.as_otherAdmin.addKey(2, world.spare.address, 1, 0, 0, consent))
      .to.be.revertedWithCustomError(world.registry, "BadSignature");
  });

  it("SC-02: only a root is anchored by 32 bytes (selectors.test.js), and only with its event", async function () {
    const receipt = await send(world.anchorKey, world.address, root("a"));
    expect(receipt.logs).to.have.length(1);
  });

  for (const [what, encode] of [
    ["a root", () => root("a")],
    ["a revocation", (i) => i.encodeFunctionData("revoke", [[0], [1n], 0])],
    ["a new document", (i) => i.encodeFunctionData("setDocument", [1, MATHS])],
    ["a new officer", (i, w) => i.encodeFunctionData("setOfficer", [w.stranger.address, 3])],
  ]) {
    it(`SC-03: a lure that the rightful account calls cannot send ${what} in its name`, async function () {
      const lure = await (await ethers.getContractFactory("Lure")).deploy(world.address);
      const before = await storageHash(world.address);
      for (const victim of [world.anchorKey, world.statusKey, world.admin, world.authority]) {
        const data = encode(world.registry.interface, world);
        expect(await lure.connect(victim).claimPrize.staticCall(data)).to.equal(false);
        await lure.connect(victim).claimPrize(data);
      }
      expect(await storageHash(world.address)).to.equal(before);
    });
  }

  it("SC-03: the sources know the sender only, never the origin", function () {
    for (const name of fs.readdirSync(SOURCES, { recursive: true }).filter((one) => one.endsWith(".sol"))) {
      expect(read(name), name).not.to.match(/tx\.origin/);
    }
  });

  it("SC-04: nobody but the authority and its registrars adds institutions", async function () {
    for (const actor of ["stranger", "admin", "anchorKey", "statusKey", "accreditor"]) {
      await expect(world[`as_${actor}`].registerIssuer("did:web:x.example", "X", world[actor].address, DIGEST, 0))
        .to.be.revertedWithCustomError(world.registry, "NotOfficer");
    }
  });

  it("SC-05: a status key moves no bit and no batch of another institution", async function () {
    await world.as_anchorKey.anchor(root("a"), 1);
    await expect(world.as_otherStatus.revokeBatch(root("a"), 0))
      .to.be.revertedWithCustomError(world.registry, "UnknownRoot")
      .withArgs(2, root("a"));
    await world.as_otherStatus.revoke([0], [1n], 0);
    expect(await world.registry.statusWord(1, 0)).to.deep.equal([0n, 0n]);
    expect((await world.registry.issuerOf(1)).statusSeq).to.equal(0n);
  });

  it("SC-05: the same root of two institutions is revoked for one only", async function () {
    await world.as_anchorKey.anchor(root("a"), 1);
    await world.as_otherKey.anchor(root("a"), 1);
    await world.as_statusKey.revokeBatch(root("a"), 0);
    expect((await world.registry.anchorOf(2, root("a"))).revokedAt).to.equal(0n);
  });

  it("SC-05: the authority and its officers cannot anchor, revoke or change keys in an institution's name", async function () {
    await world.as_anchorKey.anchor(root("a"), 1);
    const before = await storageHash(world.address);
    for (const actor of ["authority", "registrar", "accreditor"]) {
      const caller = world[`as_${actor}`];
      for (const call of [
        () => caller.anchor(root("b"), 1), () => caller.revoke([0], [1n], 0), () => caller.revokeBatch(root("a"), 0),
        () => caller.addKey(1, world[actor].address, 3, 0, 0, "0x"), () => caller.retireKey(world.anchorKey.address, 0),
        () => caller.compromiseKey(world.anchorKey.address, 1), () => caller.proposeAdmin(1, world[actor].address),
        () => caller.setDocument(1, MATHS), () => caller.acceptAdmin(1), () => caller.endorse(root("a")),
      ]) {
        await expect(call()).to.be.reverted;
      }
    }
    expect(await storageHash(world.address)).to.equal(before);
  });

  it("SC-06: anchoring again moves neither time, block, seq nor key", async function () {
    await world.as_anchorKey.anchor(root("a"), 1);
    const before = await world.registry.anchorOf(1, root("a"));
    for (const again of [
      () => world.as_anchorKey.anchor(root("a"), 2), () => world.as_secondKey.anchor(root("a"), 2),
      () => world.as_secondKey.anchorMany([root("a")]),
      () => world.secondKey.sendTransaction({ to: world.address, data: root("a") }),
    ]) {
      await expect(again())
        .to.be.revertedWithCustomError(world.registry, "RootAlreadyAnchored")
        .withArgs(1, root("a"));
    }
    await world.as_statusKey.revokeBatch(root("a"), 0);
    await expect(world.as_anchorKey.anchor(root("a"), 1)).to.be.reverted;
    expect((await world.registry.anchorOf(1, root("a"))).toArray().slice(2, 5)).to.deep.equal(before.toArray().slice(2, 5));
  });

  it("SC-06: a root cannot be named twice in one list", async function () {
    await expect(world.as_anchorKey.anchorMany([root("a"), root("a")]))
      .to.be.revertedWithCustomError(world.registry, "RootAlreadyAnchored");
  });

  it("SC-07: no array is kept in storage; the only loops are over what the caller sent, 256 at most", function () {
    const loops = fs.readdirSync(path.join(SOURCES, "bases"))
      .flatMap((name) => read(path.join("bases", name)).match(/\b(for|while) \(.*\)/g) ?? []);
    expect(loops.map((one) => one.replace(/uint\d+/, "uint"))).to.deep.equal([
      "for (uint i = 0; i < roots.length; ++i)", "for (uint i = 0; i < words.length; ++i)",
    ]);
  });

  it("SC-08: the zero root is no root, on every way in", async function () {
    const deadline = (await now()) + 100;
    const request = { key: world.anchorKey.address, root: ethers.ZeroHash, leaves: 1, seq: 1, deadline };
    const signature = await signAnchor(world, world.anchorKey, request);
    for (const call of [
      () => world.as_anchorKey.anchor(ethers.ZeroHash, 1), () => world.as_anchorKey.anchorMany([root("a"), ethers.ZeroHash]),
      () => world.as_relayer.anchorBySig(request.key, ethers.ZeroHash, 1, deadline, signature),
      () => world.anchorKey.sendTransaction({ to: world.address, data: ethers.ZeroHash }),
    ]) {
      await expect(call()).to.be.revertedWithCustomError(world.registry, "ZeroRoot");
    }
  });

  it("SC-08: the zero address is never admin, key, officer, authority or successor", async function () {
    for (const call of [
      () => world.as_registrar.registerIssuer("did:web:x.example", "X", ZERO, DIGEST, 0),
      () => world.as_admin.addKey(1, ZERO, 1, 0, 0, "0x"), () => world.as_authority.setOfficer(ZERO, 1),
      () => world.as_registrar.nameSuccessor(ZERO),
    ]) {
      await expect(call()).to.be.revertedWithCustomError(world.registry, "ZeroAddress");
    }
    await expect(world.as_authority.acceptAuthority(world.authority.address)).to.be.reverted;
  });

  it("SC-09: unequal or overlong lists change nothing", async function () {
    const before = await storageHash(world.address);
    const long = Array.from({ length: 257 }, (_, i) => i);
    for (const [call, error] of [
      [() => world.as_statusKey.revoke([1, 2], [1n], 0), "LengthMismatch"],
      [() => world.as_statusKey.suspend([1], [1n, 2n], 0), "LengthMismatch"],
      [() => world.as_statusKey.revoke(long, long.map(() => 1n), 0), "BadCount"],
      [() => world.as_anchorKey.anchorMany(long.map(root)), "BadCount"],
    ]) {
      await expect(call()).to.be.revertedWithCustomError(world.registry, error);
    }
    expect(await storageHash(world.address)).to.equal(before);
  });

  it("SC-10: there is no proxy, and equal source is equal code wherever it is deployed", async function () {
    const other = await deploy(world.heir);
    const code = await ethers.provider.getCode(world.address);
    expect(await ethers.provider.getCode(await other.getAddress())).to.equal(code);
    const implementation = ethers.toBeHex(BigInt(ethers.id("eip1967.proxy.implementation")) - 1n);
    expect(BigInt(await ethers.provider.getStorage(world.address, implementation))).to.equal(0n);
    expect((await compiled()).evm.deployedBytecode.immutableReferences ?? {}).to.deep.equal({});
  });

  it("SC-11: a signature for another chain, contract, version or name, or a used one, is void", async function () {
    const deadline = (await now()) + 1000;
    const request = { key: world.anchorKey.address, root: root("a"), leaves: 1, seq: 1, deadline };
    const relay = (signature) => world.as_relayer.anchorBySig(request.key, request.root, 1, deadline, signature);
    for (const domain of [
      domainOf(world.address, network.config.chainId + 1), domainOf(world.stranger.address),
      { ...world.domain, version: "2" }, { ...world.domain, name: "Other" },
    ]) {
      await expect(relay(await signAnchor(world, world.anchorKey, request, domain)))
        .to.be.revertedWithCustomError(world.registry, "BadSignature");
    }
    const signature = await signAnchor(world, world.anchorKey, request);
    await relay(signature);
    await expect(relay(signature)).to.be.revertedWithCustomError(world.registry, "BadSignature");
  });

  it("SC-11: a signature has one form only (low s, 65 bytes)", async function () {
    const deadline = (await now()) + 1000;
    const request = { key: world.anchorKey.address, root: root("a"), leaves: 1, seq: 1, deadline };
    const { r, s, v } = ethers.Signature.from(await signAnchor(world, world.anchorKey, request));
    const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
    const high = ethers.concat([r, ethers.toBeHex(order - BigInt(s), 32), v === 27 ? "0x1c" : "0x1b"]);
    for (const bent of [high, ethers.concat([r, s]), ethers.concat([r, s, ethers.toBeHex(v), "0x00"])]) {
      await expect(world.as_relayer.anchorBySig(request.key, request.root, 1, deadline, bent))
        .to.be.revertedWithCustomError(world.registry, "BadSignature");
    }
  });

  it("SC-11: the domain that is published is the domain that is checked", async function () {
    const [fields, name, version, chainId, contract, salt, extensions] = await world.registry.eip712Domain();
    expect([fields, name, version, Number(chainId), contract, salt, extensions.length]).to.deep.equal([
      "0x0f", "Rootseal", "1", network.config.chainId, world.address, ethers.ZeroHash, 0,
    ]);
  });

  it("SC-12: the code can neither call out, delegate, create nor destroy itself", async function () {
    if (measuring()) this.skip();
    const seen = new Set();
    for (const [opcode] of instructions(await ethers.provider.getCode(world.address))) seen.add(opcode);
    expect(Object.entries(FORBIDDEN).filter(([opcode]) => seen.has(Number(opcode)))).to.deep.equal([]);
    expect(seen.has(0xfa), "EIP-1271 is asked by STATICCALL").to.equal(true);
    const { sources } = JSON.parse(fs.readFileSync(ARTEFACT, "utf8"));
    for (const name of Object.keys(sources)) {
      const code = read(name.replace("contracts/", "")).replace(/\/\/.*|\/\*[^]*?\*\//g, "");
      expect(code, name).not.to.match(/\b(assembly|immutable|unchecked|delegatecall|selfdestruct)\b/);
    }
  });

  it("SC-13: a stolen authority key needs the delay, in which the owner withdraws the proposal", async function () {
    await world.as_authority.proposeAuthority(world.stranger.address);
    await expect(world.as_stranger.acceptAuthority(world.authority.address))
      .to.be.revertedWithCustomError(world.registry, "TooEarly");
    await world.as_authority.proposeAuthority(ZERO);
    await setNextTime((await now()) + Number(await world.registry.delay()) + 1);
    await expect(world.as_stranger.acceptAuthority(world.authority.address))
      .to.be.revertedWithCustomError(world.registry, "NotProposedAuthority");
    expect(await world.registry.authority()).to.deep.equal([world.authority.address, ZERO, 0n]);
  });

  it("SC-13: a new proposal starts the delay anew", async function () {
    const delay = Number(await world.registry.delay());
    await world.as_authority.proposeAuthority(world.heir.address);
    await setNextTime((await now()) + delay - 1);
    await world.as_authority.proposeAuthority(world.stranger.address);
    await setNextTime((await now()) + delay - 1);
    await expect(world.as_stranger.acceptAuthority(world.authority.address))
      .to.be.revertedWithCustomError(world.registry, "TooEarly");
    await expect(world.as_heir.acceptAuthority(world.authority.address))
      .to.be.revertedWithCustomError(world.registry, "NotProposedAuthority");
  });

  it("SC-14: no function takes ether, nor does the contract by itself", async function () {
    for (const fragment of world.registry.interface.fragments) {
      expect(fragment.stateMutability === "payable" || fragment.payable === true, fragment.name ?? fragment.type).to.equal(false);
    }
    for (const data of ["0x", root("a"), world.registry.interface.encodeFunctionData("anchor", [root("a"), 1])]) {
      await expect(world.anchorKey.sendTransaction({ to: world.address, data, value: 1n })).to.be.reverted;
    }
    expect(await ethers.provider.getBalance(world.address)).to.equal(0n);
  });

  it("SC-14: ether that is forced on it changes nothing", async function () {
    await network.provider.send("hardhat_setBalance", [world.address, "0x1"]);
    await expect(world.as_anchorKey.anchor(root("a"), 1)).to.emit(world.registry, "Anchored");
  });

  it("SC-15: a root sent to an address without code succeeds and anchors nothing", async function () {
    const receipt = await send(world.anchorKey, world.heir.address, root("a"));
    expect([receipt.status, receipt.logs]).to.deep.equal([1, []]);
    expect(await ethers.provider.getCode(world.heir.address)).to.equal("0x");
    expect((await world.registry.anchorOf(1, root("a"))).seq).to.equal(0n);
  });

  it("SC-16: the code is what the committed artefact says, hash and all", async function () {
    if (measuring()) this.skip();
    const artefact = JSON.parse(fs.readFileSync(ARTEFACT, "utf8"));
    const code = await ethers.provider.getCode(world.address);
    expect(code).to.equal(artefact.deployedBytecode);
    expect(ethers.keccak256(code)).to.equal(artefact.codeHash);
    expect((await ethers.getContractFactory("RootsealRegistry")).bytecode).to.equal(artefact.bytecode);
  });

  for (const size of [0, 1, 3, 4, 31, 33, 36, 64, 1024]) {
    it(`SC-17: ${size} bytes of data are no root`, async function () {
      const before = await storageHash(world.address);
      await expect(world.anchorKey.sendTransaction({ to: world.address, data: ethers.hexlify(new Uint8Array(size).fill(0xfe)) }))
        .to.be.revertedWithCustomError(world.registry, "WrongLength")
        .withArgs(size);
      expect(await storageHash(world.address)).to.equal(before);
    });
  }

  it("SC-18: another contract's imitation of our event moves nothing here and carries its own address", async function () {
    const lure = await (await ethers.getContractFactory("Lure")).deploy(world.address);
    const before = await storageHash(world.address);
    const receipt = await (await lure.imitate(world.anchorKey.address, 1, root("a"))).wait();
    expect(receipt.logs[0].topics[0]).to.equal(world.registry.interface.getEvent("Anchored").topicHash);
    expect(receipt.logs[0].address).not.to.equal(world.address);
    expect(await world.registry.queryFilter(world.registry.filters.Anchored())).to.deep.equal([]);
    expect(await storageHash(world.address)).to.equal(before);
  });

  it("SC-19: suspend, reinstate and revoke in any order leave what each says (invariants.test.js for random ones)", async function () {
    const steps = { S: "suspend", R: "revoke", L: "reinstate" };
    for (const [i, order] of ["SRL", "RSL", "SLR", "RLS", "LSR", "SSR", "RRS"].entries()) {
      let [revoked, suspended] = [false, false];
      for (const step of order) {
        const call = world.as_statusKey[steps[step]]([i], [bit(0)], 0);
        const allowed = step === "S" ? !suspended : step === "R" ? !revoked : suspended;
        if (allowed) await call;
        else await expect(call).to.be.revertedWithCustomError(world.registry, "NothingChanges");
        revoked ||= step === "R";
        suspended = step === "S" || (suspended && step !== "L");
        expect(await world.registry.statusWord(1, i)).to.deep.equal([revoked ? bit(0) : 0n, suspended ? bit(0) : 0n]);
      }
    }
  });

  it("SC-20: a withdrawn accreditation keeps its interval, so what was anchored in it stays accredited", async function () {
    const start = (await now()) + 10;
    await setNextTime(start);
    await world.as_accreditor.accredit(1, MATHS, 0, 0);
    await setNextTime(start + 5);
    await world.as_anchorKey.anchor(root("inside"), 1);
    await setNextTime(start + 9);
    await world.as_accreditor.withdrawAccreditation(1, MATHS, 7);
    await setNextTime(start + 11);
    await world.as_anchorKey.anchor(root("after"), 1);
    const { validFrom, withdrawnAt } = await world.registry.accreditationOf(1, MATHS);
    const isInside = async (label) => {
      const { time } = await world.registry.anchorOf(1, root(label));
      return time >= validFrom && time < withdrawnAt;
    };
    expect([await isInside("inside"), await isInside("after")]).to.deep.equal([true, false]);
  });

  it("SC-20: a later grant leaves the earlier interval in the affairs chain", async function () {
    await world.as_accreditor.accredit(1, MATHS, 0, 0);
    await world.as_accreditor.withdrawAccreditation(1, MATHS, 7);
    const withdrawal = await height();
    await world.as_accreditor.accredit(1, MATHS, 0, 0);
    const entries = await world.registry.queryFilter(world.registry.filters.AccreditationChanged(1, MATHS), 0, withdrawal);
    expect(entries.map((one) => one.args.withdrawnAt === 0n)).to.deep.equal([true, false]);
    expect((await world.registry.issuerOf(1)).state).to.equal(BigInt(STANDING.ACTIVE));
  });
});
