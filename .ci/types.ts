/** Checks the types of everything: what runs on the server, and what runs in a browser, which knows a document. */
const projects = [".", "src/web", "test/web"];
const checks = projects.map((project) =>
  Bun.spawn([process.execPath, "x", "tsc", "--noEmit", "-p", project], { stdout: "inherit", stderr: "inherit" }),
);
const codes = await Promise.all(checks.map(({ exited }) => exited));
process.exit(codes.some((code) => code !== 0) ? 1 : 0);
