// 1. axe (A, AA, best practice) finds nothing: all states, both schemes, all open.
import { CASES, SITE, openAll, openBrowser, openPage, runAxe } from "./browser.mjs";

const browser = await openBrowser();
const addresses = ["", "about", "nowhere", ...CASES.map((name) => `case/${name}`)];
let faults = 0;
for (const colorScheme of ["light", "dark"]) {
  const page = await openPage(browser, { colorScheme });
  for (const address of addresses) {
    await page.goto(SITE + address);
    await openAll(page);
    for (const violation of await runAxe(page)) {
      faults += 1;
      console.error(`/${address} ${colorScheme}: ${violation}`);
    }
  }
  await page.context().close();
}
await browser.close();
process.exit(faults ? 1 : 0);
