/** /console/campaigns/:id: to be built. */
export function CampaignPage() {
  return <h1>CampaignPage</h1>;
}
