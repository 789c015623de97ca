// Debian's Chromium, driven by playwright-core; every page counts what it must never do.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

export const HERE = dirname(fileURLToPath(import.meta.url));
export const ARTEFACTS = join(HERE, "artefacts");
export const SITE = process.env.SITE;
export const CASES = JSON.parse(process.env.CASES ?? "[]");
mkdirSync(ARTEFACTS, { recursive: true });

// Nothing here is about speed: a busy machine takes its time, and only what never comes is a fault.
const PATIENCE_MILLISECONDS = 240_000;
const PAUSE_MILLISECONDS = 50;

const FLAGS = [
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
];
const require = createRequire(import.meta.url);
const AXE = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

export const openBrowser = () =>
  chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: FLAGS });

export async function openPage(browser, options = {}) {
  const context = await browser.newContext({
    viewport: { width: 1100, height: 900 }, reducedMotion: "reduce", ...options,
  });
  context.setDefaultTimeout(PATIENCE_MILLISECONDS);
  const page = await context.newPage();
  page.faults = [];
  page.on("dialog", (dialog) => { page.faults.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  page.on("pageerror", (error) => page.faults.push(`error: ${error.message}`));
  page.on("console", (message) => {
    if (message.type() === "error" && !/status of 4\d\d/.test(message.text())) page.faults.push(message.text());
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(SITE)) page.faults.push(`asked ${request.url()}`);
  });
  return page;
}

// Do what leads to another page; return when that page is loaded, so that nothing is read of the
// page before, nor of half a page. A key, unlike a click, is not known to wait for what it starts.
export const follow = (page, act) => Promise.all([page.waitForEvent("load"), act()]);

// Ask until the answer is the wanted one; when patience ends, say what it was instead.
export async function settle(wanted, ask) {
  const end = Date.now() + PATIENCE_MILLISECONDS;
  let seen = await ask();
  while (seen !== wanted && Date.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MILLISECONDS));
    seen = await ask();
  }
  assert.equal(seen, wanted);
}

export async function runAxe(page) {
  await page.evaluate(AXE);
  const found = await page.evaluate(() => window.axe.run(document, {
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
  }));
  return found.violations.map((each) =>
    `${each.id}: ${each.nodes.map((node) => `${node.html.slice(0, 160)} ${node.failureSummary}`).join(" | ").slice(0, 900)}`);
}

export const openAll = (page) => page.evaluate(() => {
  for (const details of document.querySelectorAll("details")) details.open = true;
});
