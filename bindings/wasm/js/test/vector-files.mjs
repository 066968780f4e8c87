// The files of tests/vectors, and what native Rust answers to the calls in them.
import { execFileSync } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { env } from "node:process";
import { fileURLToPath } from "node:url";

const folder = new URL("../../../../tests/vectors/", import.meta.url);

/** The path of every file. */
export async function files() {
  const all = await readdir(folder, { recursive: true });
  return all.filter((name) => name.endsWith(".json")).sort();
}

/** What a file holds. */
export async function vectors(file) {
  return JSON.parse(await readFile(new URL(file, folder), "utf8"));
}

/** Calls and native Rust's answers, as JSON. */
export function native() {
  const paths = ["single.json", "calls/calls.json"].map((file) => fileURLToPath(new URL(file, folder)));
  return execFileSync(env.REFERENCE, paths, { maxBuffer: 2 ** 30 }).toString();
}
