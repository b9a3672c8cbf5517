/** The picture of something that is sold; where there is none, or it does not load, the first sign of its title. */
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import type { Offer } from "../shared/wire.ts";

interface PictureProps {
  readonly offer: Pick<Offer, "image_url" | "title">;
  /** At the top of a page: fetched at once. */
  readonly isFirst?: boolean;
}

export function Picture({ offer, isFirst = false }: PictureProps): JSX.Element {
  const failed = useSignal<string | null>(null);
  const address = offer.image_url;
  if (address === null || failed.value === address) {
    return (
      <div class="picture none" aria-hidden="true">
        <span>{[...offer.title.trim()][0]}</span>
      </div>
    );
  }
  return (
    <div class="picture">
      <img
        src={address}
        alt=""
        loading={isFirst ? "eager" : "lazy"}
        decoding="async"
        referrerpolicy="no-referrer"
        onError={() => {
          failed.value = address;
        }}
      />
    </div>
  );
}
