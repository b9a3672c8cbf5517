/** /console/audit: to be built. */
export function AuditPage() {
  return <h1>AuditPage</h1>;
}
