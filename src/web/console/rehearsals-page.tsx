/** /console/rehearsals: to be built. */
export function RehearsalsPage() {
  return <h1>RehearsalsPage</h1>;
}
