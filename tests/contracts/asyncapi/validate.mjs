// Asks the parser of AsyncAPI about documents: `node validate.mjs FILE...` writes one line of JSON for each, with what is wrong.
import { readFile } from "node:fs/promises";
import { Parser } from "@asyncapi/parser";

const SEVERITIES = ["error", "warning", "information", "hint"];

for (const file of process.argv.slice(2)) {
  // A parser keeps what it has read, by path: each document gets its own.
  const { document, diagnostics } = await new Parser().parse(await readFile(file, "utf8"), { source: file });
  const found = diagnostics.map((one) => ({
    severity: SEVERITIES[one.severity],
    code: String(one.code),
    path: one.path.join("."),
    message: one.message,
  }));
  const has = document && {
    channels: document.allChannels().all().map((one) => one.id()),
    operations: document.allOperations().all().map((one) => `${one.action()} ${one.id()}`),
    messages: document.allMessages().all().map((one) => one.name()),
  };
  console.log(JSON.stringify({ file, found, has: has ?? null }));
}
