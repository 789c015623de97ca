// The world that every test starts from: a registry, its authority and two officers, two institutions with keys.
const { artifacts, ethers, network } = require("hardhat");

const ROLE = { ANCHOR: 1, STATUS: 2, BOTH: 3 };
const OFFICER = { REGISTRAR: 1, ACCREDITOR: 2 };
const STANDING = { ACTIVE: 1, SUSPENDED: 2, CLOSED: 3 };
const CHANGE = { REVOKE: 0, SUSPEND: 1, REINSTATE: 2 };
const ZERO = ethers.ZeroAddress;
const DIGEST = ethers.id("a DID document");
const MATHS = ethers.id("https://example.org/achievements/maths");

const NAMES = [
  "authority", "registrar", "accreditor", "stranger", "admin", "anchorKey", "secondKey", "statusKey",
  "otherAdmin", "otherKey", "otherStatus", "spare", "heir", "relayer",
];

const root = (label) => ethers.id(`root ${label}`);

async function signKeyConsent(world, signer, consent) {
  const types = {
    KeyConsent: [
      { name: "key", type: "address" }, { name: "issuerId", type: "uint32" }, { name: "roles", type: "uint8" },
      { name: "notBefore", type: "uint40" }, { name: "notAfter", type: "uint40" },
    ],
  };
  return signer.signTypedData(world.domain, types, consent);
}

async function signAnchor(world, signer, request, domain = world.domain) {
  const types = {
    Anchor: [
      { name: "key", type: "address" }, { name: "root", type: "bytes32" }, { name: "leaves", type: "uint32" },
      { name: "seq", type: "uint40" }, { name: "deadline", type: "uint40" },
    ],
  };
  return signer.signTypedData(domain, types, request);
}

async function addKey(world, admin, issuerId, key, roles, notBefore = 0, notAfter = 0) {
  const consent = await signKeyConsent(world, key, { key: key.address, issuerId, roles, notBefore, notAfter });
  return world.registry.connect(admin).addKey(issuerId, key.address, roles, notBefore, notAfter, consent);
}

async function deploy(authority) {
  const factory = await ethers.getContractFactory("RootsealRegistry", authority);
  return factory.deploy(authority.address);
}

function domainOf(address, chainId = network.config.chainId) {
  return { name: "Rootseal", version: "1", chainId, verifyingContract: address };
}

async function build() {
  const signers = await ethers.getSigners();
  const world = Object.fromEntries(NAMES.map((name, i) => [name, signers[i]]));
  world.registry = await deploy(world.authority);
  world.address = await world.registry.getAddress();
  world.domain = domainOf(world.address);
  const { registry } = world;
  await registry.setOfficer(world.registrar.address, OFFICER.REGISTRAR);
  await registry.setOfficer(world.accreditor.address, OFFICER.ACCREDITOR);
  const registrar = registry.connect(world.registrar);
  await registrar.registerIssuer("did:web:one.example", "Institute One", world.admin.address, DIGEST, 0);
  await registrar.registerIssuer("did:web:two.example", "Institute Two", world.otherAdmin.address, DIGEST, 0);
  await addKey(world, world.admin, 1, world.anchorKey, ROLE.ANCHOR);
  await addKey(world, world.admin, 1, world.secondKey, ROLE.ANCHOR);
  await addKey(world, world.admin, 1, world.statusKey, ROLE.STATUS);
  await addKey(world, world.otherAdmin, 2, world.otherKey, ROLE.ANCHOR);
  await addKey(world, world.otherAdmin, 2, world.otherStatus, ROLE.STATUS);
  for (const name of NAMES) world[`as_${name}`] = registry.connect(world[name]);
  return world;
}

let built;
let snapshot;

/** Return the world as it was built; whatever an earlier test did is undone. */
async function enterWorld() {
  if (built === undefined) built = await build();
  else await network.provider.send("evm_revert", [snapshot]);
  snapshot = await network.provider.send("evm_snapshot");
  // The snapshot's newest block grows old while other tests run; a new one tells the time again.
  await network.provider.send("evm_mine");
  return built;
}

const now = async () => (await ethers.provider.getBlock("latest")).timestamp;
const height = async () => ethers.provider.getBlockNumber();

/** Let the next block have exactly this time. */
async function setNextTime(time) {
  await network.provider.send("evm_setNextBlockTimestamp", [Number(time)]);
}

const send = async (signer, to, data, value = 0n) =>
  (await signer.sendTransaction({ to, data, value, gasLimit: 3_000_000n })).wait();

/** Mine the given transactions in one block, in order; returns their receipts. */
async function inOneBlock(...sends) {
  await network.provider.send("evm_setAutomine", [false]);
  try {
    const sent = [];
    for (const one of sends) sent.push(await one());
    await network.provider.send("evm_mine");
    return Promise.all(sent.map((one) => ethers.provider.getTransactionReceipt(one.hash)));
  } finally {
    await network.provider.send("evm_setAutomine", [true]);
  }
}

/** Keccak-256 over all of the registry's storage: equal before and after means that nothing changed. */
async function storageHash(address) {
  return (await network.provider.send("eth_getProof", [address, [], "latest"])).storageHash;
}

async function compiled() {
  const info = await artifacts.getBuildInfo("contracts/RootsealRegistry.sol:RootsealRegistry");
  return info.output.contracts["contracts/RootsealRegistry.sol"].RootsealRegistry;
}

/** Bit of entry `index` in its word, as the status lists number them. */
const bit = (index) => 1n << BigInt(255 - (index % 256));

/** True while solidity-coverage runs: its instrumented code has another size, gas and layout. */
const measuring = () => require("hardhat").__SOLIDITY_COVERAGE_RUNNING === true;

module.exports = {
  CHANGE, DIGEST, MATHS, OFFICER, ROLE, STANDING, ZERO, addKey, bit, compiled, deploy, domainOf, enterWorld, height,
  inOneBlock, measuring, now, root, send, setNextTime, signAnchor, signKeyConsent, storageHash,
};
