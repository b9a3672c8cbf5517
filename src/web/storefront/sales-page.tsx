/** The page sales-page. */
export function SalesPage() {
  return <h1>SalesPage</h1>;
}
