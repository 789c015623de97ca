// Gas ceilings (facts measured for the design, rounded up). Optimised code only: coverage's instruments cost gas.
const { expect } = require("chai");
const {
  DIGEST, MATHS, addKey, bit, deploy, enterWorld, measuring, now, root, send, signAnchor,
} = require("./tools/world");

const CEILINGS = {
  deployment: 3_900_000,
  "anchor, fallback": 56_000,
  "anchor(bytes32,uint32)": 56_000,
  "anchorMany of 10, per root": 30_000,
  "anchorMany of 100, per root": 27_000,
  anchorBySig: 66_000,
  "revoke 1, new word": 58_000,
  "revoke 1, used word": 41_000,
  "revoke 256, one word": 58_000,
  "revoke 256, two words": 86_000,
  "revoke 256 among 2,000 (8 words)": 250_000,
  "suspend 1, new word": 58_000,
  "reinstate 1": 42_000,
  revokeBatch: 40_000,
  endorse: 40_000,
  replaceEndorsement: 43_000,
  compromiseKey: 41_000,
  retireKey: 41_000,
  "addKey with consent": 68_000,
  "addKey, own address": 60_000,
  "registerIssuer, short texts": 225_000,
  "registerIssuer, identifier of 40 and name of 40 bytes": 315_000,
  accredit: 60_000,
  withdrawAccreditation: 42_000,
  setStanding: 46_000,
  setDocument: 46_000,
};

const ALL = (1n << 256n) - 1n;
const measured = {};

async function spend(name, sent, share = 1) {
  const receipt = await (await sent).wait();
  expect(receipt.status).to.equal(1);
  measured[name] = Math.ceil(Number(receipt.gasUsed) / share);
}

describe("Gas", function () {
  let world;
  beforeEach(async function () {
    if (measuring()) this.skip();
    world = await enterWorld();
    await world.as_anchorKey.anchor(root("first"), 1);
    await world.as_statusKey.revoke([0], [1n], 0);
    await world.as_statusKey.suspend([0], [1n], 0);
  });

  after(function () {
    if (Object.keys(measured).length === 0) return;
    for (const [name, gas] of Object.entries(measured)) console.log(`      ${name}: ${gas}`);
  });

  const cases = {
    deployment: async () => spend("deployment", (await deploy(world.authority)).deploymentTransaction()),
    "anchor, fallback": () =>
      spend("anchor, fallback", world.anchorKey.sendTransaction({ to: world.address, data: root("a") })),
    "anchor(bytes32,uint32)": () => spend("anchor(bytes32,uint32)", world.as_anchorKey.anchor(root("a"), 120)),
    "anchorMany of 10, per root": () =>
      spend("anchorMany of 10, per root", world.as_anchorKey.anchorMany(Array.from({ length: 10 }, (_, i) => root(i))), 10),
    "anchorMany of 100, per root": () =>
      spend("anchorMany of 100, per root", world.as_anchorKey.anchorMany(Array.from({ length: 100 }, (_, i) => root(i))), 100),
    anchorBySig: async () => {
      const request = { key: world.anchorKey.address, root: root("a"), leaves: 120, seq: 2, deadline: (await now()) + 100 };
      const signature = await signAnchor(world, world.anchorKey, request);
      await spend("anchorBySig", world.as_relayer.anchorBySig(request.key, request.root, 120, request.deadline, signature));
    },
    "revoke 1, new word": () => spend("revoke 1, new word", world.as_statusKey.revoke([9], [bit(3)], 2)),
    "revoke 1, used word": () => spend("revoke 1, used word", world.as_statusKey.revoke([0], [bit(3)], 2)),
    "revoke 256, one word": () => spend("revoke 256, one word", world.as_statusKey.revoke([9], [ALL], 2)),
    "revoke 256, two words": () =>
      spend("revoke 256, two words", world.as_statusKey.revoke([9, 10], [ALL >> 128n, ALL << 128n & ALL], 2)),
    "revoke 256 among 2,000 (8 words)": () =>
      spend(
        "revoke 256 among 2,000 (8 words)",
        world.as_statusKey.revoke(
          Array.from({ length: 8 }, (_, i) => 20 + i), Array.from({ length: 8 }, (_, i) => BigInt(root(i))), 2,
        ),
      ),
    "suspend 1, new word": () => spend("suspend 1, new word", world.as_statusKey.suspend([9], [bit(3)], 2)),
    "reinstate 1": async () => {
      await world.as_statusKey.suspend([0], [bit(3) | bit(4)], 2);
      await spend("reinstate 1", world.as_statusKey.reinstate([0], [bit(3)], 2));
    },
    revokeBatch: () => spend("revokeBatch", world.as_statusKey.revokeBatch(root("first"), 6)),
    endorse: () => spend("endorse", world.as_secondKey.endorse(root("first"))),
    replaceEndorsement: async () => {
      await world.as_secondKey.endorse(root("first"));
      await world.as_admin.compromiseKey(world.secondKey.address, 1);
      await addKey(world, world.admin, 1, world.spare, 1);
      await spend("replaceEndorsement", world.as_spare.replaceEndorsement(root("first"), world.secondKey.address));
    },
    compromiseKey: () => spend("compromiseKey", world.as_admin.compromiseKey(world.anchorKey.address, 1)),
    retireKey: () => spend("retireKey", world.as_admin.retireKey(world.anchorKey.address, 0)),
    "addKey with consent": () => spend("addKey with consent", addKey(world, world.admin, 1, world.spare, 1)),
    "addKey, own address": () =>
      spend("addKey, own address", world.as_admin.addKey(1, world.admin.address, 2, 0, 0, "0x")),
    "registerIssuer, short texts": () =>
      spend(
        "registerIssuer, short texts",
        world.as_registrar.registerIssuer("did:web:three.example", "Institute Three", world.spare.address, DIGEST, 0),
      ),
    "registerIssuer, identifier of 40 and name of 40 bytes": () =>
      spend(
        "registerIssuer, identifier of 40 and name of 40 bytes",
        world.as_registrar.registerIssuer("did:web:".padEnd(40, "x"), "I".repeat(40), world.spare.address, DIGEST, 0),
      ),
    accredit: () => spend("accredit", world.as_accreditor.accredit(1, MATHS, 0, 0)),
    withdrawAccreditation: async () => {
      await world.as_accreditor.accredit(1, MATHS, 0, 0);
      await spend("withdrawAccreditation", world.as_accreditor.withdrawAccreditation(1, MATHS, 7));
    },
    setStanding: () => spend("setStanding", world.as_registrar.setStanding(1, 2, 5, 0)),
    setDocument: () => spend("setDocument", world.as_admin.setDocument(1, root("document"))),
  };

  it("has a ceiling for every measured call", function () {
    expect(Object.keys(cases)).to.deep.equal(Object.keys(CEILINGS));
  });

  for (const [name, ceiling] of Object.entries(CEILINGS)) {
    it(`${name} stays below ${ceiling.toLocaleString("en")}`, async function () {
      await cases[name]();
      expect(measured[name]).to.be.at.most(ceiling);
    });
  }

  it("does not grow with what is recorded already (SC-07)", async function () {
    const gas = async (label) => (await send(world.anchorKey, world.address, root(label))).gasUsed;
    const early = await gas("early");
    for (let i = 0; i < 4; i++) await world.as_anchorKey.anchorMany(Array.from({ length: 100 }, (_, j) => root(`${i}.${j}`)));
    expect(Math.abs(Number(await gas("late") - early))).to.be.at.most(100);
  });
});
