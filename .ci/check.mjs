#!/usr/bin/env node
// Every check of the project, one after the other: what fails does not keep the rest from running. Prints what failed,
// and `N passed, N failed` at the end, where tests count one each and every other check counts as one.
//
//   node .ci/check.mjs            all of them
//   node .ci/check.mjs vet tsc    these
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { createInterface } from "node:readline";

// ST1018 would have invisible letters escaped; in the texts of this project they belong to the spelling.
const staticcheck = "honnef.co/go/tools/cmd/staticcheck@v0.8.2";
// Packages that start no goroutine and keep no state that callers share: the race detector would find nothing and make them four times slower.
const still = ["panah/hub/media/clean", "panah/hub/cap", "panah/hub/guard", "panah/hub/script"];
// What knows how the two engines differ is tested on both with the race detector.
const store = ["panah/hub/store"];
// The race detector watches whatever touches memory, but the SQLite that was translated into Go, as it would not watch one in C: what calls
// it is watched, and in room and gateway watching it was two fifths of the work. Races inside SQLite itself, as on its index of the log, are not seen.
const race = ["-race", "-gcflags=github.com/ncruces/go-sqlite3-wasm/v6/...=-race=false"];
const reports = mkdtempSync(join(tmpdir(), "panah-check-"));
// Packages whose tests take longest, in that order. They start first: whichever is left for the end has one core to itself while the other idles.
const long = ["place", "clientapi", "node", "alert", "people", "room", "federation/interop", "clientapi/interop", "federation", "gateway", "push"];
// What failed, named once more under the last line: a log of an hour is read from its end.
const failures = [];

const checks = [
  { name: "gofmt", run: () => silent("gofmt", ["-l", ...goFolders()]) },
  { name: "vet", run: () => plain("go", ["vet", "./..."]) },
  { name: "staticcheck", run: () => plain("go", ["run", staticcheck, "-checks=inherit,-ST1018", "./..."]) },
  { name: "go, still", run: () => goTests(["-shuffle=on", ...still]) },
  { name: "go, store", run: () => goTests([...race, "-shuffle=on", ...store]) },
  { name: "go, SQLite", run: () => goTests(["-shuffle=on", ...onDatabases()], { PANAH_TEST_ENGINE: "sqlite" }) },
  { name: "go, PostgreSQL", run: () => goTests([...race, "-shuffle=on", ...moving()], { PANAH_TEST_ENGINE: "postgres" }) },
  { name: "tsc", run: () => plain("npm", ["run", "--silent", "typecheck"], "web") },
  { name: "lint", run: () => plain("npm", ["run", "--silent", "lint"], "web") },
  { name: "vitest", run: () => vitest("vitest", []) },
  { name: "browser", run: () => vitest("browser", ["--config", "e2e/vitest.config.ts", "--exclude=e2e/slow.e2e.ts"]) },
  // What is measured on an emulated line has the machine to itself.
  { name: "lines", run: () => vitest("lines", ["--config", "e2e/vitest.config.ts", "e2e/slow.e2e.ts"]) },
];

/** The folders that hold Go files of ours; node_modules would only cost time. */
function goFolders() {
  return ["hub", "locales", "web/web.go"].filter((path) => existsSync(path));
}

/** All packages but those that have a check of their own. */
function moving() {
  return longestFirst(listed("{{.ImportPath}}").filter((name) => !still.includes(name) && !store.includes(name)));
}

/** Those whose tests run on each engine: above the race detector, SQLite takes most of the time, being Go code here. */
function onDatabases() {
  const all = listed('{{.ImportPath}} {{join .TestImports " "}} {{join .XTestImports " "}}');
  const testing = all.filter((line) => /\/(store|node|feed)test( |$)/.test(line));
  return longestFirst(testing.map((line) => line.split(" ")[0]).filter((name) => !store.includes(name)));
}

/** The order in which go test starts packages is the one in which they are named. */
function longestFirst(packages) {
  const known = long.map((name) => `panah/hub/${name}`).filter((name) => packages.includes(name));
  return [...known, ...packages.filter((name) => !known.includes(name))];
}

function listed(format) {
  return execFileSync("go", ["list", "-f", format, "./..."], { encoding: "utf8" }).split("\n").filter((line) => line !== "");
}

function start(command, args, folder, stdout, env = {}) {
  return spawn(command, args, { cwd: folder, stdio: ["ignore", stdout, "inherit"], env: { ...process.env, ...env } });
}

function ended(child) {
  return new Promise((resolve) => {
    child.on("error", (error) => {
      console.error(String(error));
      resolve(1);
    });
    child.on("close", (code) => resolve(code ?? 1));
  });
}

/** A check whose exit code says it all. */
async function plain(command, args, folder = ".") {
  const code = await ended(start(command, args, folder, "inherit"));
  return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1 };
}

/** A check that must print nothing. */
async function silent(command, args) {
  const child = start(command, args, ".", "pipe");
  let printed = "";
  child.stdout.on("data", (data) => (printed += data));
  const code = await ended(child);
  process.stdout.write(printed);
  const good = code === 0 && printed === "";
  return { passed: good ? 1 : 0, failed: good ? 0 : 1 };
}

/** Runs Go tests, shows one line a package and all that failing tests printed. */
async function goTests(args, env) {
  const child = start("go", ["test", "-json", "-timeout=30m", ...args], ".", "pipe", { ...folders(), ...env });
  const closing = ended(child);
  const count = { passed: 0, failed: 0 };
  const printed = new Map();
  const failing = new Set();
  for await (const line of createInterface({ input: child.stdout })) {
    takeGoEvent(line, count, printed, failing);
  }
  const code = await closing;
  if (code !== 0 && count.failed === 0) count.failed = 1;
  return count;
}

/**
 * Where the tests' files lie: beside the servers' data. SQLite waits for its disk at every commit, and for nothing where that is memory. What go
 * builds stays where it was: it is large.
 */
function folders() {
  const beside = process.env["PANAH_TEST_FOLDER"];
  return beside === undefined ? {} : { TMPDIR: beside, GOTMPDIR: tmpdir() };
}

function takeGoEvent(line, count, printed, failing) {
  let event;
  try {
    event = JSON.parse(line);
  } catch {
    console.log(line);
    return;
  }
  const key = `${event.Package ?? event.ImportPath} ${event.Test ?? ""}`;
  const lines = printed.get(key) ?? [];
  switch (event.Action) {
    case "output":
    case "build-output":
      lines.push(event.Output);
      printed.set(key, lines);
      break;
    case "skip":
      // A package without tests is skipped too; a test never is.
      if (event.Test) countFailure(event, lines, count, failing);
      break;
    case "fail":
    case "build-fail":
      countFailure(event, lines, count, failing);
      break;
    case "pass":
      if (event.Test) count.passed++;
      else console.log(`ok    ${event.Package}  ${event.Elapsed} s`);
      printed.delete(key);
      break;
  }
}

/** Counts a test that failed, and a package that failed although none of its tests did: it panicked, or was not built. */
function countFailure(event, lines, count, failing) {
  const where = event.Package ?? event.ImportPath;
  if (event.Test || !failing.has(where)) count.failed++;
  failing.add(where);
  failures.push(`go: ${where} ${event.Test ?? ""}`);
  console.log(`${event.Action.toUpperCase()}  ${where} ${event.Test ?? ""}`);
  process.stdout.write(lines.join(""));
}

async function vitest(name, args) {
  const file = join(reports, `${name}.json`);
  const all = ["vitest", "run", ...args, "--reporter=default", "--reporter=json", `--outputFile.json=${file}`];
  const code = await ended(start("npx", all, "web", "inherit"));
  if (!existsSync(file)) return { passed: 0, failed: 1 };
  const report = JSON.parse(readFileSync(file, "utf8"));
  const failed = report.numFailedTests + report.numPendingTests;
  failures.push(...failedIn(name, report));
  return { passed: report.numPassedTests, failed: code !== 0 && failed === 0 ? 1 : failed };
}

/** The tests of a vitest report that did not pass, each with the first line of its reason. */
function failedIn(name, report) {
  return report.testResults.flatMap(({ name: file, message, assertionResults }) => {
    const bad = assertionResults.filter(({ status }) => status !== "passed");
    const where = `${name}: ${basename(file)}`;
    if (bad.length === 0) return message ? [`${where}: ${message.split("\n")[0]}`] : [];
    return bad.map((test) => `${where}: ${test.fullName}: ${reason(test)}`);
  });
}

/** Why a test failed, in a line: the first of its message, what a locator waited for, and where in the test. */
function reason({ failureMessages, status }) {
  const lines = (failureMessages?.[0] ?? status).split("\n").map((line) => line.trim());
  const waited = lines.find((line) => line.startsWith("- waiting for"));
  const at = lines.filter((line) => /\.(e2e|test)\.tsx?:\d/.test(line)).map((line) => /[^/]+:\d+/.exec(line)?.[0]);
  return [lines[0], waited, ...at.slice(0, 3)].filter((part) => part !== undefined).join(" ");
}

async function main(wanted) {
  const total = { passed: 0, failed: 0 };
  for (const check of checks.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
    console.log(`\n== ${check.name}`);
    const began = Date.now();
    const { passed, failed } = await check.run();
    total.passed += passed;
    total.failed += failed;
    if (failed > 0) failures.push(`== ${check.name}: ${failed} failed`);
    console.log(`== ${check.name}: ${passed} passed, ${failed} failed, ${Math.round((Date.now() - began) / 1000)} s`);
  }
  rmSync(reports, { recursive: true });
  for (const failure of failures) console.log(failure);
  console.log(`\n${total.passed} passed, ${total.failed} failed`);
  return total.failed === 0 && total.passed > 0 ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
