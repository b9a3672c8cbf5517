/** /console/campaigns: to be built. */
export function CampaignsPage() {
  return <h1>CampaignsPage</h1>;
}
