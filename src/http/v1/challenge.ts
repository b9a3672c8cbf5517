/**
 * What a buyer has to solve before they may try, where their campaign asks for it: made for them on request, solved in
 * the background by the worker that is served here, and sent along with a join, an entry or the request for a pass.
 */

import challengeWorker from "altcha/workers/pbkdf2" with { type: "file" };
import { captchaBinding } from "../../admission/captcha.ts";
import { parseId } from "../../domain/ids.ts";
import { javascript, page, read } from "../pages.ts";
import type { HttpParts } from "../parts.ts";
import { problem } from "../problem.ts";
import { json, wireTime } from "../respond.ts";
import type { Route } from "../route.ts";

type Parts = Pick<HttpParts, "admission" | "auth" | "captcha" | "catalogue" | "challenges" | "gate">;

export function challengeRoutes(parts: Parts): Route[] {
  return [
    {
      name: "get_challenge",
      method: "GET",
      path: "/v1/campaigns/:id/challenge",
      handle: (request, { id }) => get(parts, request, id),
    },
    page("challenge_worker", "/challenge/worker.js", javascript, () => read(challengeWorker)),
  ];
}

async function get(parts: Parts, request: Request, id = ""): Promise<Response> {
  const { admission, auth, captcha, catalogue, challenges, gate } = parts;
  const buyer = await auth.buyerOf(request);
  if (buyer === null) return problem("unauthorized");
  const campaignId = parseId("cmp", id);
  const campaign = campaignId === null ? undefined : catalogue.campaign(campaignId);
  if (campaign === undefined || campaign.view.state === "draft") return problem("not_found");
  if (campaign.view.state === "ended") return problem("ended");
  const refused = admission.refuseBlocked(request, buyer) ?? gate.refuseQuestion(buyer.id);
  if (refused !== null) return refused;
  switch (campaign.view.admission.challenge) {
    case "none":
      return json(JSON.stringify({ challenge: "none" }));
    case "proof_of_work": {
      const difficulty = admission.difficultyFor(request, buyer);
      const made = await challenges.make(buyer.id, campaign.view.id, difficulty);
      const expiresAt = wireTime(made.parameters.data.expires_at_ms);
      return json(JSON.stringify({ challenge: "proof_of_work", difficulty, expires_at: expiresAt, ...made }));
    }
    case "captcha": {
      if (captcha === null) return problem("challenge_unavailable");
      const { siteKey } = captcha.settings;
      const bound = captchaBinding(buyer.id, campaign.view.id);
      return json(JSON.stringify({ challenge: "captcha", site_key: siteKey, ...bound }));
    }
  }
}
