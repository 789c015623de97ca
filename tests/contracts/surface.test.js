// The whole surface in loops: every function by everybody who may not, every error, every event.
const { expect } = require("chai");
const { ethers } = require("hardhat");
const {
  DIGEST, MATHS, ROLE, STANDING, ZERO, bit, enterWorld, now, root, setNextTime, signKeyConsent, storageHash,
} = require("./tools/world");

const long = Array.from({ length: 257 }, (_, i) => i);

/** For each state-changing function: a call that would work for those who may, and who may. */
const CALLS = (w) => ({
  anchor: [[root("new"), 1], ["anchorKey", "secondKey", "otherKey"]],
  anchorMany: [[[root("new")]], ["anchorKey", "secondKey", "otherKey"]],
  revoke: [[[5], [1n], 0], ["statusKey", "otherStatus"]],
  suspend: [[[5], [1n], 0], ["statusKey", "otherStatus"]],
  reinstate: [[[0], [bit(0)], 0], ["statusKey"]],
  revokeBatch: [[root("old"), 0], ["statusKey"]],
  endorse: [[root("old")], ["secondKey"]],
  replaceEndorsement: [[root("endorsed"), w.secondKey.address], []],
  addKey: [[1, w.spare.address, ROLE.ANCHOR, 0, 0, w.consent], ["admin"]],
  retireKey: [[w.anchorKey.address, 0], ["admin"]],
  compromiseKey: [[w.anchorKey.address, 1], ["admin"]],
  setDocument: [[1, DIGEST], ["admin"]],
  proposeAdmin: [[1, w.spare.address], ["admin"]],
  acceptAdmin: [[1], ["heir"]],
  registerIssuer: [["did:web:new.example", "New", w.spare.address, DIGEST, 0], ["authority", "registrar"]],
  renameIssuer: [[1, "did:web:new.example", "New"], ["authority", "registrar"]],
  setStanding: [[1, STANDING.SUSPENDED, 0, 0], ["authority", "registrar"]],
  nameSuccessor: [[w.spare.address], ["authority", "registrar"]],
  accredit: [[1, MATHS, 0, 0], ["authority", "accreditor"]],
  withdrawAccreditation: [[1, DIGEST, 0], ["authority", "accreditor"]],
  setOfficer: [[w.spare.address, 1], ["authority"]],
  proposeAuthority: [[w.spare.address], ["authority"]],
  acceptAuthority: [[w.authority.address], ["heir"]],
});

const ACTORS = [
  "authority", "registrar", "accreditor", "stranger", "admin", "anchorKey", "secondKey", "statusKey", "otherAdmin",
  "otherKey", "otherStatus", "heir",
];

async function prepare(world) {
  world.consent = await signKeyConsent(world, world.spare, {
    key: world.spare.address, issuerId: 1, roles: ROLE.ANCHOR, notBefore: 0, notAfter: 0,
  });
  await world.as_anchorKey.anchorMany([root("old"), root("endorsed")]);
  await world.as_secondKey.endorse(root("endorsed"));
  await world.as_statusKey.suspend([0], [bit(0)], 0);
  await world.as_admin.proposeAdmin(1, world.heir.address);
  await world.as_accreditor.accredit(1, DIGEST, 0, 0);
  await world.as_authority.proposeAuthority(world.heir.address);
  await ethers.provider.send("evm_increaseTime", [Number(await world.registry.delay())]);
  await ethers.provider.send("evm_mine");
}

/** One call for each error, with the arguments it must carry. */
const REFUSALS = async (w) => {
  const time = await now();
  const signed = [w.anchorKey.address, root("new"), 1];
  const consent = w.consent;
  return {
    WrongLength: [() => w.stranger.sendTransaction({ to: w.address, data: "0x00" }), [1]],
    ZeroRoot: [() => w.as_anchorKey.anchor(ethers.ZeroHash, 1), []],
    RootAlreadyAnchored: [() => w.as_anchorKey.anchor(root("old"), 1), [1, root("old")]],
    BadCount: [() => w.as_statusKey.revoke(long, long.map(() => 1n), 0), [257, 256]],
    SignatureExpired: [() => w.as_relayer.anchorBySig(...signed, 5, "0x"), [5]],
    BadSignature: [() => w.as_relayer.anchorBySig(...signed, 4_000_000_000, "0x1234"), [w.anchorKey.address]],
    UnknownKey: [() => w.as_stranger.anchor(root("new"), 1), [w.stranger.address]],
    RoleMissing: [() => w.as_statusKey.anchor(root("new"), 1), [w.statusKey.address, ROLE.ANCHOR]],
    KeyNotLive: [
      async () => (await w.as_admin.retireKey(w.anchorKey.address, 0)) && w.as_anchorKey.anchor(root("new"), 1),
      async () => {
        const key = await w.registry.keyOf(w.anchorKey.address);
        return [w.anchorKey.address, key.notBefore, key.notAfter];
      },
    ],
    KeyIsCompromised: [
      async () => (await w.as_admin.compromiseKey(w.statusKey.address, 9)) && w.as_statusKey.revoke([0], [1n], 0),
      [w.statusKey.address, 9],
    ],
    KeyNotCompromised: [
      () => w.as_secondKey.replaceEndorsement(root("endorsed"), w.secondKey.address), [w.secondKey.address],
    ],
    KeyTaken: [() => w.as_admin.addKey(1, w.otherKey.address, 1, 0, 0, "0x"), [w.otherKey.address, 2]],
    BadRoles: [() => w.as_admin.addKey(1, w.spare.address, 4, 0, 0, consent), [4]],
    NotShorter: [
      async () => (await w.as_admin.retireKey(w.anchorKey.address, time + 500)) && w.as_admin.retireKey(w.anchorKey.address, time + 500),
      [w.anchorKey.address, time + 500],
    ],
    NotEarlier: [
      async () => (await w.as_admin.compromiseKey(w.secondKey.address, 9)) && w.as_admin.compromiseKey(w.secondKey.address, 9),
      [w.secondKey.address, 9],
    ],
    UnknownIssuer: [() => w.as_registrar.setStanding(9, 1, 0, 0), [9]],
    IssuerNotActive: [
      async () => (await w.as_registrar.setStanding(2, 2, 0, 0)) && w.as_otherKey.anchor(root("new"), 1), [2, 2],
    ],
    IssuerExpired: [
      async () => (await w.as_registrar.setStanding(2, 1, 0, 5)) && w.as_otherKey.anchor(root("new"), 1), [2, 5],
    ],
    IssuerIsClosed: [
      async () => (await w.as_registrar.setStanding(2, 3, 0, 0)) && w.as_registrar.setStanding(2, 1, 0, 0), [2],
    ],
    NotAdmin: [() => w.as_stranger.setDocument(1, DIGEST), [1, w.stranger.address]],
    NotProposedAdmin: [() => w.as_stranger.acceptAdmin(1), [1, w.stranger.address]],
    IdentifierTaken: [
      () => w.as_registrar.renameIssuer(1, "did:web:two.example", "One"), [ethers.id("did:web:two.example"), 2],
    ],
    BadTextLength: [() => w.as_registrar.renameIssuer(1, "did:web:two.example", ""), [0, 1024]],
    BadState: [() => w.as_registrar.setStanding(1, 4, 0, 0), [4]],
    LengthMismatch: [() => w.as_statusKey.revoke([1, 2], [1n], 0), [2, 1]],
    NothingChanges: [() => w.as_statusKey.suspend([0], [bit(0)], 0), [0]],
    UnknownRoot: [() => w.as_secondKey.endorse(root("new")), [1, root("new")]],
    BatchAlreadyRevoked: [
      async () => (await w.as_statusKey.revokeBatch(root("old"), 1)) && w.as_statusKey.revokeBatch(root("old"), 1),
      async () => [1, root("old"), (await w.registry.anchorOf(1, root("old"))).revokedAt],
    ],
    SelfEndorsement: [() => w.as_anchorKey.endorse(root("old")), [root("old"), 1]],
    AlreadyEndorsed: [() => w.as_secondKey.endorse(root("endorsed")), [root("endorsed"), 2]],
    NotTheEndorser: [
      () => w.as_secondKey.replaceEndorsement(root("endorsed"), w.anchorKey.address),
      [root("endorsed"), w.anchorKey.address],
    ],
    UnknownAccreditation: [() => w.as_accreditor.withdrawAccreditation(1, MATHS, 0), [1, MATHS]],
    AlreadyWithdrawn: [
      async () =>
        (await w.as_accreditor.withdrawAccreditation(1, DIGEST, 0)) && w.as_accreditor.withdrawAccreditation(1, DIGEST, 0),
      async () => [1, DIGEST, (await w.registry.accreditationOf(1, DIGEST)).withdrawnAt],
    ],
    NotAuthority: [() => w.as_registrar.setOfficer(w.spare.address, 1), [w.registrar.address]],
    NotOfficer: [() => w.as_stranger.nameSuccessor(w.spare.address), [w.stranger.address, 1]],
    NotProposedAuthority: [() => w.as_stranger.acceptAuthority(w.authority.address), [w.stranger.address]],
    AuthorityMoved: [() => w.as_heir.acceptAuthority(w.heir.address), [w.authority.address]],
    TooEarly: [
      async () => (await w.as_authority.proposeAuthority(w.spare.address)) && w.as_spare.acceptAuthority(w.authority.address),
      async () => [(await w.registry.authority()).acceptableFrom],
    ],
    ZeroAddress: [() => w.as_authority.setOfficer(ZERO, 1), []],
    ZeroDigest: [() => w.as_accreditor.accredit(1, ethers.ZeroHash, 0, 0), []],
    Backdated: [
      async () => (await setNextTime(time + 100)) || w.as_accreditor.accredit(1, MATHS, 5, 0), [5, time + 100],
    ],
    NotYet: [
      async () => (await setNextTime(time + 100)) || w.as_admin.compromiseKey(w.anchorKey.address, time + 101),
      [time + 101, time + 100],
    ],
    EmptyWindow: [
      () => w.as_accreditor.accredit(1, MATHS, 4_000_000_000, 4_000_000_000), [4_000_000_000, 4_000_000_000],
    ],
  };
};

describe("Surface", function () {
  let world;
  beforeEach(async function () {
    world = await enterWorld();
    await prepare(world);
  });

  it("has a call in the table below for every state-changing function", function () {
    const changing = world.registry.interface.fragments
      .filter((one) => one.type === "function" && !["view", "pure"].includes(one.stateMutability))
      .map((one) => one.name);
    expect([...Object.keys(CALLS(world)), "anchorBySig"].sort()).to.deep.equal(changing.sort());
  });

  it("serves nobody but those who may, and a refusal changes nothing", async function () {
    const calls = CALLS(world);
    const before = await storageHash(world.address);
    for (const [name, [args, allowed]] of Object.entries(calls)) {
      for (const actor of ACTORS.filter((one) => !allowed.includes(one))) {
        const call = world[`as_${actor}`][name](...args, { gasLimit: 1_000_000 });
        await expect(call, `${actor} calls ${name}`).to.be.reverted;
      }
    }
    expect(await storageHash(world.address)).to.equal(before);
  });

  it("serves those who may", async function () {
    const calls = CALLS(world);
    for (const [name, [args, allowed]] of Object.entries(calls)) {
      for (const actor of allowed) {
        await expect(world[`as_${actor}`][name].staticCall(...args), `${actor} calls ${name}`).not.to.be.reverted;
      }
    }
  });

  it("refuses with every error of the interface, each with its arguments", async function () {
    const declared = world.registry.interface.fragments.filter((one) => one.type === "error").map((one) => one.name);
    expect(Object.keys(await REFUSALS(world)).sort()).to.deep.equal(declared.sort());
    for (const name of declared) {
      world = await enterWorld();
      await prepare(world);
      const [call, args] = (await REFUSALS(world))[name];
      const failure = await call().then(() => undefined, (error) => error);
      expect(failure, `${name} was not provoked`).not.to.equal(undefined);
      const refusal = world.registry.interface.parseError(failure.data);
      expect(refusal.name).to.equal(name);
      const expected = typeof args === "function" ? await args() : args;
      expect(refusal.args.toArray().map(String), name).to.deep.equal(expected.map(String));
    }
  });

  for (const [what, call] of [
    ["an empty list of roots", (w) => [w.as_anchorKey.anchorMany([]), "BadCount"]],
    ["257 roots", (w) => [w.as_anchorKey.anchorMany(long.map(root)), "BadCount"]],
    ["an empty list of words", (w) => [w.as_statusKey.suspend([], [], 0), "BadCount"]],
    ["a key with no role", (w) => [w.as_admin.addKey(1, w.spare.address, 0, 0, 0, w.consent), "BadRoles"]],
    ["an officer with an unknown role", (w) => [w.as_authority.setOfficer(w.spare.address, 4), "BadRoles"]],
    ["standing 0", (w) => [w.as_registrar.setStanding(1, 0, 0, 0), "BadState"]],
    ["a key whose window begins in the past", (w) => [w.as_admin.addKey(1, w.admin.address, 1, 1, 0, "0x"), "Backdated"]],
    ["a key whose window is empty", (w) => [w.as_admin.addKey(1, w.admin.address, 1, 0, 1, "0x"), "EmptyWindow"]],
    ["retiring a key in the past", (w) => [w.as_admin.retireKey(w.anchorKey.address, 1), "Backdated"]],
    ["retiring an unknown key", (w) => [w.as_admin.retireKey(w.stranger.address, 0), "UnknownKey"]],
    ["compromise since never", (w) => [w.as_admin.compromiseKey(w.anchorKey.address, 0), "NotYet"]],
    ["compromise in the future", (w) => [w.as_admin.compromiseKey(w.anchorKey.address, 4_000_000_000), "NotYet"]],
    ["accrediting nobody", (w) => [w.as_accreditor.accredit(9, MATHS, 0, 0), "UnknownIssuer"]],
    ["a zero document", (w) => [w.as_admin.setDocument(1, ethers.ZeroHash), "ZeroDigest"]],
    ["registering a zero document",
      (w) => [w.as_registrar.registerIssuer("did:x", "X", w.spare.address, ethers.ZeroHash, 0), "ZeroDigest"]],
    ["registering without admin", (w) => [w.as_registrar.registerIssuer("did:x", "X", ZERO, DIGEST, 0), "ZeroAddress"]],
    ["a taken identifier",
      (w) => [w.as_registrar.registerIssuer("did:web:one.example", "X", w.spare.address, DIGEST, 0), "IdentifierTaken"]],
    ["a zero successor", (w) => [w.as_registrar.nameSuccessor(ZERO), "ZeroAddress"]],
    ["a zero key", (w) => [w.as_admin.addKey(1, ZERO, 1, 0, 0, "0x"), "ZeroAddress"]],
    ["revoking a batch never anchored", (w) => [w.as_statusKey.revokeBatch(root("new"), 0), "UnknownRoot"]],
    ["replacing an endorsement that never was",
      (w) => [w.as_secondKey.replaceEndorsement(root("old"), w.anchorKey.address), "NotTheEndorser"]],
  ]) {
    it(`refuses ${what}`, async function () {
      const [refused, error] = call(world);
      await expect(refused).to.be.revertedWithCustomError(world.registry, error);
    });
  }

  it("emits every event of the interface in one history", async function () {
    await world.as_registrar.nameSuccessor(world.spare.address);
    await world.as_statusKey.revokeBatch(root("old"), 0);
    const logs = await ethers.provider.getLogs({ address: world.address, fromBlock: 0 });
    const seen = new Set(logs.map((one) => world.registry.interface.parseLog(one).name));
    const declared = world.registry.interface.fragments.filter((one) => one.type === "event").map((one) => one.name);
    expect([...seen].sort()).to.deep.equal(declared.sort());
  });
});
