// One question a line on standard input, one answer a line on standard output, in order.
import { createInterface } from 'node:readline';

const write = process.stdout.write.bind(process.stdout);
// What packages print is for whoever looks into a failure, never an answer.
for (const name of ['log', 'info', 'warn', 'debug']) {
  console[name] = (...words) => console.error(...words);
}

export async function answerLines(answer) {
  for await (const line of createInterface({ input: process.stdin })) {
    write(`${JSON.stringify(await answer(JSON.parse(line)))}\n`);
  }
}

// The text of an error and of every error inside it, outermost first.
export function listMessages(error, seen = new Set()) {
  if (!error || typeof error !== 'object' || seen.has(error)) return [];
  seen.add(error);
  const inner = [error.cause, ...(Array.isArray(error.errors) ? error.errors : [])];
  return [error.message ?? String(error), ...inner.flatMap((each) => listMessages(each, seen))];
}
