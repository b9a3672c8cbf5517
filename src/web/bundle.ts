/**
 * Bundles the pages, as a macro: it runs when the file that imports it is compiled, and only its result is in the
 * program. So a start from the sources shows the pages as they are written, and the binary holds them ready, with one
 * way to both. In a process of its own, since a macro must not call the bundler that waits for it.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Bundle {
  /** HTML by page. */
  readonly pages: { readonly [page: string]: string };
  /** Scripts and styles by name: the name holds a hash of the content. */
  readonly assets: { readonly [name: string]: string };
}

/** A script that runs in other people's pages: all of it in one file, and nothing of it in their names. */
export function bundleScript(path: string): string {
  const entry = join(import.meta.dir, path);
  const flags = ["--target=browser", "--minify", "--format=iife"];
  const { exitCode, stderr, stdout } = Bun.spawnSync([process.execPath, "build", entry, ...flags], {
    cwd: import.meta.dir,
    env: { NODE_ENV: "production" },
  });
  if (exitCode !== 0) throw new Error(`${path} cannot be bundled: ${stderr}`);
  return stdout.toString();
}

/** The pages of these folders beside this file, as the browser gets them: everything they need lies below `/assets/`. */
export function bundlePages(folders: readonly string[]): Bundle {
  const out = mkdtempSync(join(tmpdir(), "rushbox-pages-"));
  try {
    const entries = folders.map((folder) => join(import.meta.dir, folder, "index.html"));
    const flags = ["--target=browser", "--minify", "--splitting", "--public-path=/assets/", `--outdir=${out}`];
    const names = ["--asset-naming=[name]-[hash].[ext]", "--chunk-naming=[name]-[hash].[ext]"];
    const { exitCode, stderr } = Bun.spawnSync([process.execPath, "build", ...entries, ...flags, ...names], {
      cwd: import.meta.dir,
      env: { NODE_ENV: "production" },
    });
    if (exitCode !== 0) throw new Error(`the pages cannot be bundled: ${stderr}`);
    const read = (name: string) => [name, readFileSync(join(out, name), "utf8")] as const;
    const files = readdirSync(out, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const assets = files.filter(({ name }) => name !== "index.html").map(({ name }) => read(name));
    const pages = folders.map((folder) => [folder, readFileSync(join(out, folder, "index.html"), "utf8")] as const);
    return { pages: Object.fromEntries(pages), assets: Object.fromEntries(assets) };
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}
