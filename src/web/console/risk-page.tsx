/** /console/risk: to be built. */
export function RiskPage() {
  return <h1>RiskPage</h1>;
}
