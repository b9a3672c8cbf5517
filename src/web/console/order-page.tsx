/** /console/orders/:id: to be built. */
export function OrderPage() {
  return <h1>OrderPage</h1>;
}
