/** The page orders-page. */
export function OrdersPage() {
  return <h1>OrdersPage</h1>;
}
