// 2, 4, 6, 7. No sideways scroll, nothing inline, verdict first, and what to do next in sight.
import { CASES, SITE, openAll, openBrowser, openPage } from "./browser.mjs";

const SPACING = `* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important; }
  p { margin-bottom: 2em !important; } html { font-size: 200% !important; }`;
const VERDICTS = /genuine|current|withdrawn|on hold|expired|not valid|not a match|not accepted|not confirmed/i;
const faults = [];
const browser = await openBrowser();

async function checkWidth(page, label) {
  await page.evaluate(() => document.fonts.ready);
  const { wide, room, widest } = await page.evaluate(() => {
    const room = document.documentElement.clientWidth;
    const over = [...document.querySelectorAll("body *")].find((each) => {
      const box = each.getBoundingClientRect();
      return box.right > room + 1 && box.width > 1 && getComputedStyle(each).position !== "absolute";
    });
    return { wide: document.documentElement.scrollWidth, room, widest: over ? over.outerHTML.slice(0, 160) : "" };
  });
  if (wide > room) faults.push(`${label}: ${wide} wide in ${room}: ${widest}`);
}

const names = ["", "about", "nowhere", ...CASES.map((name) => `case/${name}`)];
for (const width of [320, 360, 640, 800, 1100]) {
  const page = await openPage(browser, { viewport: { width, height: 740 } });
  for (const address of names) {
    await page.goto(SITE + address);
    await openAll(page);
    await checkWidth(page, `/${address} at ${width}`);
    if (width === 640) {
      // A style sheet of the reader's own: the page's policy does not bind it.
      await page.evaluate((css) => {
        const sheet = new CSSStyleSheet();
        sheet.replaceSync(css);
        document.adoptedStyleSheets = [sheet];
      }, SPACING);
      await checkWidth(page, `/${address} at 640 with large, spaced text`);
    }
  }
  faults.push(...page.faults);
  await page.context().close();
}

const phone = await openPage(browser, { viewport: { width: 360, height: 740 } });
for (const name of CASES) {
  await phone.goto(`${SITE}case/${name}`);
  const seen = await phone.evaluate(() => {
    const findFirstLine = (element) => {
      const range = document.createRange();
      range.selectNodeContents(element);
      return range.getClientRects()[0].bottom;
    };
    const labels = [...document.querySelectorAll(".rows dt")];
    const next = labels.find((each) => each.textContent === "What to do next");
    return {
      next: next ? findFirstLine(next.nextElementSibling) : Infinity,
      title: document.title,
      h1: document.querySelector("h1").textContent,
      headings: [...document.querySelectorAll("h1, h2, h3")].map((each) => each.textContent).join(" "),
      unsaid: [...document.querySelectorAll(".word")].filter((each) => getComputedStyle(each).display === "none").length,
      styled: document.querySelectorAll("[style]").length,
      inline: [...document.querySelectorAll("script")].filter((each) => !each.src).length
        + document.querySelectorAll("style").length,
      handlers: [...document.querySelectorAll("*")].filter((each) =>
        [...each.attributes].some((attribute) => attribute.name.startsWith("on"))).length,
    };
  });
  if (seen.unsaid) faults.push(`${name}: ${seen.unsaid} verdicts are drawn and not said`);
  if (seen.next > 740) faults.push(`${name}: what to do next begins at ${seen.next}, below the fold`);
  for (const text of [seen.title, seen.h1]) {
    if (!VERDICTS.test(text.split(/\s+/).slice(0, 12).join(" "))) faults.push(`${name}: no verdict in "${text}"`);
  }
  if (!seen.title.startsWith(seen.h1)) faults.push(`${name}: the title does not start with the verdict`);
  if (/blockchain/i.test(seen.headings)) faults.push(`${name}: blockchain in a heading`);
  if (seen.styled + seen.inline + seen.handlers) faults.push(`${name}: something inline`);
}
faults.push(...phone.faults);
await browser.close();
for (const fault of faults) console.error(fault);
process.exit(faults.length ? 1 : 0);
