// Compiles offline with the npm package solc (docs/adr/0006): nothing is ever downloaded.
require("@nomicfoundation/hardhat-ethers");
require("@nomicfoundation/hardhat-chai-matchers");
require("solidity-coverage");
const { subtask } = require("hardhat/config");
const { TASK_COMPILE_SOLIDITY_GET_SOLC_BUILD } = require("hardhat/builtin-tasks/task-names");
const version = require("solc/package.json").version;

subtask(TASK_COMPILE_SOLIDITY_GET_SOLC_BUILD).setAction(async ({ solcVersion }, hre, runSuper) =>
  solcVersion !== version
    ? runSuper()
    : {
        version,
        isSolcJs: true,
        compilerPath: require.resolve("solc/soljson.js"),
        longVersion: require("solc").version().replace(/\.Emscripten.*$/, ""),
      },
);

/** @type import('hardhat/config').HardhatUserConfig */
module.exports = {
  solidity: {
    version,
    settings: {
      evmVersion: "prague",
      viaIR: true,
      optimizer: { enabled: true, runs: 10000 },
      metadata: { bytecodeHash: "none" },
      outputSelection: { "*": { "*": ["storageLayout", "metadata"] } },
    },
  },
  paths: { tests: "./tests/contracts" },
  mocha: { timeout: 120000 },
};
