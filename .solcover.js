// Coverage of what is deployed: the contracts that only tests use are left out.
module.exports = {
  skipFiles: ["mocks"],
  configureYulOptimizer: true,
  istanbulReporter: ["json-summary", "text"],
};
