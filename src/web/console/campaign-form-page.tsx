/** /console/campaigns/new: to be built. */
export function CampaignFormPage() {
  return <h1>CampaignFormPage</h1>;
}
