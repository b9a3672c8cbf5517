/** SQL files are embedded as text. */
declare module "*.sql" {
  const text: string;
  // biome-ignore lint/style/noDefaultExport: the shape of Bun's text imports
  export default text;
}
