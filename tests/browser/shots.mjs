// Pictures for people to look at, beside those of the design.
import { join } from "node:path";
import { ARTEFACTS, CASES, SITE, openBrowser, openPage } from "./browser.mjs";

const only = process.argv.slice(2);
const browser = await openBrowser();
const addresses = { home: "", about: "about", ...Object.fromEntries(CASES.map((name) => [name, `case/${name}`])) };
for (const [name, address] of Object.entries(addresses)) {
  if (only.length && !only.includes(name)) continue;
  for (const [width, scheme] of [[1100, "light"], [1100, "dark"], [360, "light"], [360, "dark"]]) {
    const page = await openPage(browser, { viewport: { width, height: width === 360 ? 740 : 900 }, colorScheme: scheme });
    await page.goto(SITE + address);
    await page.evaluate(() => document.fonts.ready);
    await page.screenshot({ path: join(ARTEFACTS, `${name}-${width}-${scheme}.png`), fullPage: true });
    if (width === 1100 && scheme === "light") {
      await page.pdf({ path: join(ARTEFACTS, `${name}.pdf`), preferCSSPageSize: true, printBackground: false });
    }
    await page.context().close();
  }
}
await browser.close();
