/** /console/operators: to be built. */
export function OperatorsPage() {
  return <h1>OperatorsPage</h1>;
}
