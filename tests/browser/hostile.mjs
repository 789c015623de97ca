// Hostile text executes nothing, asks nobody and moves nothing out of its place.
import assert from "node:assert/strict";
import { join } from "node:path";
import { SITE, follow, openAll, openBrowser, openPage } from "./browser.mjs";

const browser = await openBrowser();
const page = await openPage(browser);
await page.addInitScript(() => {
  window.reports = [];
  document.addEventListener("securitypolicyviolation", (event) => window.reports.push(event.violatedDirective));
});

const measure = () => page.evaluate(() => {
  const band = document.querySelector(".band").getBoundingClientRect();
  const paper = document.querySelector(".certificate").getBoundingClientRect();
  const outside = [...document.querySelectorAll(".certificate *")].filter((each) => {
    const box = each.getBoundingClientRect();
    return box.width > 1 && (box.left < paper.left - 1 || box.right > paper.right + 1);
  });
  return {
    reports: window.reports,
    h1: document.querySelector("h1").textContent,
    bandHeight: band.height,
    outside: outside.map((each) => each.outerHTML.slice(0, 120)),
    links: [...document.querySelectorAll(".certificate a")].map((each) => each.href),
    rels: [...document.querySelectorAll(".certificate a")].map((each) => each.rel),
    dangerous: document.querySelectorAll("main script, main iframe, main img, main object, main embed, main base, main meta").length,
    text: document.body.innerText,
  };
});

for (const [width, height] of [[1100, 900], [360, 740]]) {
  await page.setViewportSize({ width, height });
  await page.goto(`${SITE}case/passed`);
  const calm = await measure();
  await page.goto(`${SITE}case/hostile`);
  await openAll(page);
  const seen = await measure();
  assert.deepEqual(seen.reports, []);
  assert.equal(seen.h1, "Genuine and current");
  assert.equal(seen.dangerous, 0);
  assert.deepEqual(seen.outside, []);
  assert.ok(seen.bandHeight < calm.bandHeight + height / 4, `band of ${seen.bandHeight}, else ${calm.bandHeight}`);
  assert.deepEqual(seen.links, ["https://xn--pple-43d.example/"]);
  assert.ok(seen.rels.every((rel) => /noopener/.test(rel) && /nofollow/.test(rel)));
  assert.doesNotMatch(seen.text, /[\u202a-\u202e\u2066-\u2069]/);
  assert.match(seen.text, /Hidden characters that change how text reads were taken out/);
}

await page.setViewportSize({ width: 1100, height: 900 });
await page.goto(SITE);
await page.setInputFiles("#file", join(process.env.FILES, "large.json"));
await follow(page, () => page.click("text=Check this credential"));
assert.equal(await page.locator("h1").textContent(), "Genuine and current");
const size = await page.evaluate(() => document.documentElement.outerHTML.length);
assert.ok(size < 250_000, `a page of ${size} characters`);
assert.deepEqual(page.faults, []);
await browser.close();
