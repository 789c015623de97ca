// Fails when lines or branches of the contracts are covered below the floor: run by `npm run coverage`.
const fs = require("node:fs");
const path = require("node:path");

const FLOOR_PERCENT = 95;

function main() {
  const summary = path.join(__dirname, "..", "..", "..", "coverage", "coverage-summary.json");
  const { total } = JSON.parse(fs.readFileSync(summary, "utf8"));
  const low = ["lines", "branches", "functions", "statements"].filter((kind) => total[kind].pct < FLOOR_PERCENT);
  for (const kind of low) console.error(`Coverage of ${kind} is ${total[kind].pct} %, below ${FLOOR_PERCENT} %.`);
  process.exitCode = low.length === 0 ? 0 : 1;
}

if (require.main === module) main();
