// 9. Every story without scripts, by keyboard, and with the comfort that scripts add.
import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { SITE, follow, openBrowser, openPage, settle } from "./browser.mjs";

const FILES = process.env.FILES;
const genuine = join(FILES, "genuine.json");
const TITLES = {
  genuine: "Genuine and current",
  tampered: "Not genuine: this file does not match what was issued",
  revoked: "Withdrawn: this credential no longer counts",
  suspended: "On hold: this credential does not count for now",
  stranger: "Not genuine: not issued by the institution it names",
};
const browser = await openBrowser();
const title = (page) => page.locator("h1").textContent();
const press = (page, where) => follow(page, () => page.click(where));
const send = (page) => press(page, "text=Check this credential");

// The debugging protocol drops as a hand does.
async function drop(page, at, files) {
  const session = await page.context().newCDPSession(page);
  const data = { items: [], files, dragOperationsMask: 1 };
  for (const type of ["dragEnter", "dragOver", "drop"]) {
    await session.send("Input.dispatchDragEvent", { type, ...at, data });
  }
}

async function tell(name, options, story) {
  const page = await openPage(browser, options);
  try {
    await page.goto(SITE);
    await story(page);
    assert.deepEqual(page.faults, []);
    assert.deepEqual(await page.context().cookies(), []);
  } catch (error) {
    console.error(`${name}: ${error.stack}`);
    process.exitCode = 1;
  } finally {
    await page.context().close();
  }
}

for (const javaScriptEnabled of [true, false]) {
  const options = { javaScriptEnabled };
  const how = javaScriptEnabled ? "" : " without scripts";

  await tell(`choose a file${how}`, options, async (page) => {
    await page.setInputFiles("#file", genuine);
    await send(page);
    assert.equal(await title(page), TITLES.genuine);
    assert.match(await page.title(), /^Genuine and current/);
  });

  await tell(`paste the text${how}`, options, async (page) => {
    await page.click("text=Paste the text instead");
    await page.fill("#text", readFileSync(join(FILES, "tampered.json"), "utf8"));
    await send(page);
    assert.equal(await title(page), TITLES.tampered);
  });

  await tell(`ask whose it is${how}`, options, async (page) => {
    await page.setInputFiles("#file", genuine);
    await page.click("text=Also check whose it is");
    await page.fill("#recipient", "Somebody <b>Else</b>");
    await send(page);
    assert.match(await title(page), /^Not a match/);
    assert.match(await page.locator(".rows").textContent(), /Somebody <b>Else<\/b>/);
  });

  for (const [name, expected] of Object.entries(TITLES)) {
    await tell(`check the example ${name}${how}`, options, async (page) => {
      await press(page, `[aria-label="Check it: ${name}.json"]`);
      assert.equal(await title(page), expected);
    });
  }

  await tell(`download an example${how}`, options, async (page) => {
    const waiting = page.waitForEvent("download");
    await page.click('[aria-label="Download genuine.json"]');
    const download = await waiting;
    assert.equal(download.suggestedFilename(), "genuine.json");
    assert.equal(statSync(await download.path()).size, statSync(genuine).size);
  });

  await tell(`send nothing${how}`, options, async (page) => {
    await send(page);
    assert.equal(await title(page), "No file was chosen. Go back and choose the .json file.");
    await press(page, "main >> text=Check a credential");
    assert.equal(page.url(), SITE);
  });

  await tell(`check another from a result${how}`, options, async (page) => {
    await page.goto(`${SITE}case/revoked`);
    await page.setInputFiles("#next", genuine);
    await send(page);
    assert.equal(await title(page), TITLES.genuine);
  });

  await tell(`drop a file on the field${how}`, options, async (page) => {
    // Chromium gives a file input a dropped file by itself.
    const box = await page.locator("#file").boundingBox();
    await drop(page, { x: box.x + box.width / 2, y: box.y + 20 }, [genuine]);
    await settle(1, () => page.locator("#file").evaluate((input) => input.files.length));
    await send(page);
    assert.equal(await title(page), TITLES.genuine);
  });
}

await tell("check again carries the text", {}, async (page) => {
  await page.goto(`${SITE}case/silent`);
  const sent = page.waitForRequest((request) => request.method() === "POST");
  await page.click("text=Check again");
  const body = (await sent).postData();
  assert.match(body, /name="text"\r\n\r\n\{"some": "text"\}\r\n/);
  assert.match(body, /name="recipient"\r\n\r\nSomebody Else\r\n/);
});

await tell("everything by keyboard", {}, async (page) => {
  const focused = () => page.evaluate(() => {
    const element = document.activeElement;
    const style = getComputedStyle(element);
    const ring = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 3;
    return `${(element.textContent || element.id).trim().slice(0, 30)}${ring ? "" : " WITHOUT RING"}`;
  });
  const order = [];
  for (let step = 0; step < 8; step += 1) {
    await page.keyboard.press("Tab");
    order.push(await focused());
  }
  assert.deepEqual(order, [
    "Skip to the content", "Rootseal credential check", "About this check", "file",
    "Paste the text instead", "Also check whose it is", "Check this credential", "Use the API",
  ]);
  await page.goto(`${SITE}case/tampered`);
  await page.focus("summary >> nth=1");
  const count = () => page.locator("details[open]").count();
  const before = await count();
  await page.keyboard.press("Enter");
  await settle(before + 1, count);
  await page.keyboard.press("Space");
  await settle(before, count);
});

await tell("a dropped file is announced, wherever it falls", {}, async (page) => {
  await drop(page, { x: 100, y: 700 }, [genuine]);
  await page.waitForFunction(() => /genuine\.json/.test(document.querySelector("[role=status]").textContent));
  await follow(page, () => page.keyboard.press("Enter"));
  assert.equal(await title(page), TITLES.genuine);
});

await tell("of two files dropped at once none is taken", {}, async (page) => {
  await drop(page, { x: 100, y: 700 }, [genuine, join(FILES, "tampered.json")]);
  await page.waitForFunction(() => /One file at a time/.test(document.querySelector("[role=status]").textContent));
  assert.equal(await page.evaluate(() => document.querySelector("#file").files.length), 0);
});

await tell("text pasted on the page lands in the field", {}, async (page) => {
  await page.evaluate(() => {
    const data = new DataTransfer();
    data.setData("text/plain", '{"pasted": true}');
    document.body.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true }));
  });
  assert.equal(await page.inputValue("#text"), '{"pasted": true}');
});

await tell("a result is printed by its button", {}, async (page) => {
  await page.goto(`${SITE}case/passed`);
  await page.evaluate(() => { window.printed = 0; window.print = () => { window.printed += 1; }; });
  await page.click("text=Print this result");
  assert.equal(await page.evaluate(() => window.printed), 1);
});

await tell("three printed pages", {}, async (page) => {
  await page.goto(`${SITE}case/passed`);
  await page.evaluate(() => document.fonts.ready);
  const pdf = await page.pdf({ preferCSSPageSize: true });
  const pages = pdf.toString("latin1").match(/\/Type\s*\/Page\b/g).length;
  assert.ok(pages <= 3, `${pages} pages`);
});

await browser.close();
