/** The style is embedded: a `file` import is a path to read it by, in the sources and in the binary alike. */
declare module "*/sandbox.css" {
  const path: string;
  // biome-ignore lint/style/noDefaultExport: the shape of Bun's file imports
  export default path;
}
