/** Files that are embedded: `file` imports are paths to read them by, in the sources and in the binary alike. */
declare module "swagger-ui-dist/*" {
  const path: string;
  // biome-ignore lint/style/noDefaultExport: the shape of Bun's file imports
  export default path;
}
declare module "altcha/workers/*" {
  const path: string;
  // biome-ignore lint/style/noDefaultExport: the shape of Bun's file imports
  export default path;
}
declare module "*.svg" {
  const path: string;
  // biome-ignore lint/style/noDefaultExport: the shape of Bun's file imports
  export default path;
}
declare module "*/page.css" {
  const path: string;
  // biome-ignore lint/style/noDefaultExport: the shape of Bun's file imports
  export default path;
}
declare module "*/open.js" {
  const path: string;
  // biome-ignore lint/style/noDefaultExport: the shape of Bun's file imports
  export default path;
}
declare module "*/LICENSE" {
  const path: string;
  // biome-ignore lint/style/noDefaultExport: the shape of Bun's file imports
  export default path;
}
declare module "*/verify.css" {
  const path: string;
  // biome-ignore lint/style/noDefaultExport: the shape of Bun's file imports
  export default path;
}
declare module "*/verify.js" {
  const path: string;
  // biome-ignore lint/style/noDefaultExport: the shape of Bun's file imports
  export default path;
}
declare module "*/verify-draw.js" {
  const path: string;
  // biome-ignore lint/style/noDefaultExport: the shape of Bun's file imports
  export default path;
}
