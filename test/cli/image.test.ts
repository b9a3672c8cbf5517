/** The container's image is built as everybody builds it, and runs as nobody in particular. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { cpSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import packageJson from "../../package.json";
import { newFolder, programOf } from "../harness.ts";

setDefaultTimeout(60_000);

const root = join(import.meta.dir, "../..");
const dockerfile = readFileSync(join(root, "Dockerfile"), "utf8");
const [build = "", final = ""] = dockerfile.split(/^(?=FROM )/m).slice(1);

/** The instructions of a stage by their names, in order. */
function instructions(stage: string, name: string): string[] {
  return [...stage.matchAll(new RegExp(`^${name} (.*)$`, "gm"))].map((match) => match[1] ?? "");
}

test("it is built by the script of 'npm run build', from the lock file, and only the binary is taken over", () => {
  expect(instructions(build, "RUN")).toContain(packageJson.scripts.build);
  expect(instructions(build, "COPY")[0]).toBe("package.json package-lock.json ./");
  expect(instructions(final, "COPY")[0]).toBe("--from=build /src/dist/rushbox /rushbox");
  expect(instructions(final, "RUN")).toEqual([]);
});

test("it runs without root and without a shell, keeps its data in a volume, and stops gracefully", () => {
  expect(instructions(final, "FROM")).toEqual(["gcr.io/distroless/base-debian12:nonroot"]);
  expect(instructions(final, "USER")).toEqual(["65532:65532"]);
  expect(instructions(final, "VOLUME")).toEqual(["/data"]);
  expect(instructions(final, "COPY")).toContain("--from=build --chown=65532:65532 /empty /data");
  expect(instructions(final, "ENV")).toEqual(["RUSHBOX_DATA=/data RUSHBOX_HOST=0.0.0.0"]);
  expect(instructions(final, "EXPOSE")).toEqual(["3000"]);
  expect(instructions(final, "STOPSIGNAL")).toEqual(["SIGTERM"]);
  expect(instructions(final, "ENTRYPOINT")).toEqual(['["/rushbox"]']);
  expect(instructions(final, "CMD")).toEqual(['["serve"]']);
  expect(instructions(final, "HEALTHCHECK")[0]).toEndWith(' CMD ["/rushbox", "health"]');
});

test("the build finds all it reads among the files that .dockerignore lets in", async () => {
  const context = newFolder();
  const lines = readFileSync(join(root, ".dockerignore"), "utf8").split("\n");
  expect(lines.find((line) => line !== "" && !line.startsWith("#"))).toBe("*");
  const admitted = lines.filter((line) => line.startsWith("!")).map((line) => line.slice(1));
  for (const path of admitted) {
    mkdirSync(dirname(join(context, path)), { recursive: true });
    cpSync(join(root, path), join(context, path), { recursive: true });
  }
  symlinkSync(join(root, "node_modules"), join(context, "node_modules"));
  const outfile = join(context, "built");
  const child = Bun.spawn([...programOf(false).slice(0, 1), ".ci/build.ts", outfile], {
    cwd: context,
    stdin: "ignore",
    stdout: "ignore",
    stderr: "pipe",
  });
  expect({ code: await child.exited, stderr: await new Response(child.stderr).text() }).toMatchObject({ code: 0 });
  const version = Bun.spawnSync([outfile, "--version"], { cwd: "/", env: {} });
  expect(version.stdout.toString()).toBe(`rushbox ${packageJson.version}\n`);
});
