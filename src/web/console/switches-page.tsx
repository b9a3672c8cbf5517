/** /console/switches: to be built. */
export function SwitchesPage() {
  return <h1>SwitchesPage</h1>;
}
