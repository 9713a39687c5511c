// Cases, and what becomes of them: one function a row of the API, run one after the other.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

const CASES = new Map();

/** Adds a case; it fails by throwing. */
export function row(name, run) {
  assert(!CASES.has(name), name);
  CASES.set(name, run);
}

/** Expects the SDK to throw exactly this class, with these fields. */
export async function throws(kind, fields, run) {
  try {
    await run();
  } catch (error) {
    assert.equal(error.constructor, kind, `${error.constructor.name}: ${error.message}`);
    for (const [name, wanted] of Object.entries(fields)) {
      assert.equal(error[name], wanted, `${name}: ${error.message}`);
    }
    return error;
  }
  throw new Error(`no ${kind.name}`);
}

/** Everything that comes, in a list. */
export async function all(stream) {
  const list = [];
  for await (const one of stream) list.push(one);
  return list;
}

/** Runs the cases whose names begin with one of `wanted`; whether all went as expected. */
export async function run(client, at, wanted) {
  const missing = readMissing(client);
  for (const name of missing.keys()) {
    assert(CASES.has(name), `missing.txt names a case that does not exist: ${name}`);
  }
  const counts = { passed: 0, failed: 0, missing: 0 };
  for (const [name, test] of CASES) {
    if (wanted.length > 0 && !wanted.some((begin) => name.startsWith(begin))) continue;
    let outcome = "passed";
    try {
      await test(at);
      if (missing.has(name)) {
        outcome = "failed";
        console.log(`FAILED  ${client} ${name} works: take its line out of missing.txt`);
      }
    } catch (error) {
      const said = String(error.message || error).split("\n")[0].slice(0, 160);
      outcome = missing.has(name) ? "missing" : "failed";
      if (outcome === "missing") {
        console.log(`missing ${client} ${name}: ${missing.get(name)} (${said})`);
      } else {
        console.log(`FAILED  ${client} ${name}: ${said}\n${error.stack}`);
      }
    }
    counts[outcome] += 1;
  }
  const { passed, failed, missing: lacking } = counts;
  console.log(`${client}: ${passed} passed, ${failed} failed, ${lacking} missing`);
  return failed === 0;
}

/** What is known to be missing, with the reason: lines of `client case: reason`. */
function readMissing(client) {
  const missing = new Map();
  for (const line of readFileSync(process.env.FREEHOLD_MISSING, "utf8").split("\n")) {
    const found = line.match(/^(\S+) (\S+): (.*)$/);
    if (found && found[1] === client) missing.set(found[2], found[3]);
  }
  return missing;
}
