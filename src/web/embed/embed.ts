/**
 * The script that a shop puts into its own pages: it replaces itself by a frame that shows a sale. It runs among the
 * shop's scripts: it leaves no name behind, touches nothing but its own place, and listens to that frame alone. The
 * buyer's token goes into the fragment of the frame's address, which no server and no log sees.
 */

const script = document.currentScript;
if (!(script instanceof HTMLScriptElement))
  throw new Error("Rushbox: embed.js must be a script of its own, not a module");
embed(script);

function embed(place: HTMLScriptElement): void {
  const { campaign = "", offer, token, language, theme, picture } = place.dataset;
  if (!/^cmp_[0-9a-z]{10}$/.test(campaign)) throw new Error("Rushbox: data-campaign must name a campaign, as cmp_...");
  const sale = new URL(place.src).origin;
  const address = new URL(`/embed/${campaign}`, sale);
  const told = { offer, language, theme, picture, origin: location.origin };
  for (const [name, value] of Object.entries(told)) if (value !== undefined) address.searchParams.set(name, value);
  if (token !== undefined) address.hash = new URLSearchParams({ token }).toString();

  const frame = document.createElement("iframe");
  frame.src = address.href;
  frame.title = language === "zh" ? "秒杀" : "Flash sale";
  frame.referrerPolicy = "no-referrer";
  Object.assign(frame.style, { display: "block", width: "100%", height: "240px", border: "0", borderRadius: "14px" });
  addEventListener("message", ({ data, origin, source }: MessageEvent<unknown>) => {
    if (origin !== sale || source !== frame.contentWindow) return;
    if (typeof data !== "object" || data === null || !("rushboxHeight" in data)) return;
    const height = Number(data.rushboxHeight);
    if (height > 0 && height < 4_000) frame.style.height = `${Math.ceil(height)}px`;
  });
  place.replaceWith(frame);
}
