/** /console/rehearsals/:id: to be built. */
export function RehearsalPage() {
  return <h1>RehearsalPage</h1>;
}
