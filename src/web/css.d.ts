/** A style sheet imported as a file is the address that it is kept at. */
declare module "*.css" {
  const address: string;
  // biome-ignore lint/style/noDefaultExport: the shape of Bun's file imports
  export default address;
}
