/**
 * Pictures of the goods that the demo sells, so that a shop looks like one before it has pictures of its own: embedded,
 * own drawings, of shapes alone. A browser that opens one by itself runs nothing in it and fetches nothing for it.
 */

import { type Content, contentOf, pageResponse, read } from "./pages.ts";
import bottle from "./pictures/bottle.svg" with { type: "file" };
import drone from "./pictures/drone.svg" with { type: "file" };
import headphones from "./pictures/headphones.svg" with { type: "file" };
import milk from "./pictures/milk.svg" with { type: "file" };
import nuts from "./pictures/nuts.svg" with { type: "file" };
import phone from "./pictures/phone.svg" with { type: "file" };
import phonePro from "./pictures/phone-pro.svg" with { type: "file" };
import riceCooker from "./pictures/rice-cooker.svg" with { type: "file" };
import runningShoes from "./pictures/running-shoes.svg" with { type: "file" };
import shaver from "./pictures/shaver.svg" with { type: "file" };
import ticket from "./pictures/ticket.svg" with { type: "file" };
import toyCar from "./pictures/toy-car.svg" with { type: "file" };
import wristBand from "./pictures/wrist-band.svg" with { type: "file" };
import { problem } from "./problem.ts";
import type { Route } from "./route.ts";

const files = {
  bottle,
  drone,
  headphones,
  milk,
  nuts,
  phone,
  "phone-pro": phonePro,
  "rice-cooker": riceCooker,
  "running-shoes": runningShoes,
  shaver,
  ticket,
  "toy-car": toyCar,
  "wrist-band": wristBand,
} as const;
export type PictureName = keyof typeof files;
export const pictureNames = Object.keys(files) as readonly PictureName[];

/** Where it is served: what an offer's `image_url` names. */
export function picturePath(name: PictureName): string {
  return `/pictures/${name}.svg`;
}

export function pictureRoute(): Route {
  const contents = new Map<PictureName, Content>();
  const handle = async (request: Request, { file = "" }: Readonly<Record<string, string>>) => {
    const name = pictureNames.find((known) => file === `${known}.svg`);
    if (name === undefined) return problem("not_found");
    const content = contents.get(name) ?? contentOf(await read(files[name]));
    contents.set(name, content);
    return pageResponse(request, "image/svg+xml", content, pictureHeaders);
  };
  return { name: "picture", method: "GET", path: "/pictures/:file", handle };
}

/** Kept for a day: a picture that changes hurts nobody who still sees the one before. */
const pictureHeaders = {
  "cache-control": "public, max-age=86400",
  "content-security-policy": "default-src 'none'",
  "x-content-type-options": "nosniff",
} as const;
